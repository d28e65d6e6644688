export { modelName, openBench, type BenchOptions, type ModelOfRun } from './agent-bench';
export { fakeTool, ToolNotFaked, type FakeCall, type FakeTool } from './fake-tool';
export { runAgent, type AgentRun, type RunAgentOptions } from './run-agent';
export {
  OffScript,
  ScriptedModel,
  scriptedModel,
  type Asked,
  type ScriptedTurn,
  type ScriptLine,
} from './scripted-model';
