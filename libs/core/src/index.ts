export { backoffMs, type BackoffOptions } from './backoff';
export {
  backtestText,
  type Backtest,
  type BacktestAnswer,
  type BacktestAnswers,
  type BacktestDifference,
} from './backtest';
export {
  GRAPH_LIMITS,
  type CausationEdge,
  type CausationGraph,
  type CausationNode,
  type DeliveryNode,
  type EventNode,
  type RunNode,
  type ToolCallNode,
} from './causation-graph';
export { Bell } from './bell';
export { Clock, SystemClock } from './clock';
export { durationMs, type Duration } from './duration';
export { type EventEnvelope, type EventMeta, type JsonObject, type JsonValue, ENVELOPE_FIELDS } from './envelope';
export {
  InvalidDuration,
  InvalidJson,
  InvalidSetting,
  NotFound,
  Parked,
  parkedIn,
  PermanentError,
  ReflexError,
  RetryLater,
  type ErrorEnvelope,
} from './errors';
export {
  explanationText,
  type ConditionTestimony,
  type ExplainedRun,
  type ExplainedVerdict,
  type Explanation,
  type Testimony,
} from './explanation';
export { globMatcher, globToLike } from './glob';
export { assertJsonLimits, DEFAULT_JSON_LIMITS, type JsonLimits } from './json-limits';
export { type Jsonified } from './jsonified';
export { mermaid } from './mermaid';
export {
  approvalWaitKey,
  budgetWaitKey,
  effectWaitKey,
  type ApprovalAnswer,
  type ApprovalDecision,
  type ApprovalRequest,
  type ApprovalStatus,
  type EffectClass,
  type EffectCost,
  type EffectEnd,
  type EffectError,
  type EffectKind,
  type EffectStatus,
  type NewEffect,
  type RecordedEffect,
  type RunLedger,
} from './run-ledger';
export { Pauses } from './pauses';
export { type ProgressLine } from './progress-line';
export { RUN_FRAMES, RUN_STREAM, type RunFrame } from './run-frame';
export { type DryRunDecision, type DryRunVerdict, type ReplayDryRun } from './replay-dry-run';
export {
  type AskedQuestion,
  type RecordedAnswer,
  type RecordedCall,
  type RecordedContext,
  type RecordedEvent,
  type RecordedStep,
  type RecordedTalk,
  type RunRecording,
} from './run-recording';
export { type AgentUsage, type RunUsage, type ToolCallRecord } from './run-usage';
export { StoredSecrets, type StoredSecret } from './stored-secrets';
export { causationTree } from './terminal-tree';
export { TokenBucket } from './token-bucket';
export { UnderWay } from './under-way';
export {
  type AuthFrame,
  type ClientFrame,
  type ResumeFrame,
  type ServerFrame,
  CLIENT_FRAMES,
  SERVER_FRAMES,
} from './wire';
