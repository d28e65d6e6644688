export { modelName, openBench, type BenchOptions, type ModelOfRun } from './agent-bench';
export { fakeTool, ToolNotFaked, type FakeCall, type FakeTool } from './fake-tool';
export { recordedModels, RecordingOutdated, type RecordedModelOptions } from './recorded-model';
export { recordedTools } from './recorded-tools';
export { runAgent, type AgentRun, type RunAgentOptions } from './run-agent';
export {
  OffScript,
  ScriptedModel,
  scriptedModel,
  type Asked,
  type Script,
  type ScriptedTurn,
  type ScriptLine,
} from './scripted-model';
