export { currentRun, runWith, type CurrentRun } from './current-run';
