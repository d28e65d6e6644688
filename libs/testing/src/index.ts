export { evaluate, judge, type CaseScore, type SetScore } from './evaluate';
export { fireTrigger, type FiredTrigger, type FireTriggerOptions } from './fire-trigger';
export { goldenSet, type Expected, type GoldenCase, type GoldenSet } from './golden-set';
export { replayRun, type ReplayedRun, type ReplayRunOptions } from './replay-run';
export { RecordingOutdated } from '@reflex/agents/testing';
