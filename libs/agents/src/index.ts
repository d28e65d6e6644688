export { type AgentDefinition, type JsonSchema, type ToolDefinition } from './agent-definition';
export { AgentRegistry, type AgentDescription } from './agent-registry';
export { AgentRunner, type AgentInput, type AgentOutcome, type RunOptions } from './agent-runner';
export { Agent, type AgentBudget, type AgentOptions } from './agent.decorator';
export { type AgentsOptions } from './agents-options';
export { AgentsModule } from './agents.module';
export {
  AgentOutOfTime,
  AgentSetupError,
  AgentStepsExceeded,
  InvalidAgentOutput,
  ModelRefused,
  ModelUnavailable,
} from './errors';
export { LangChainAgent } from './langchain-agent';
export { Models, type AgentModel } from './models/models';
export { OfflineChatModel } from './models/offline-chat-model';
export { Tool, type ToolCall, type ToolEffect, type ToolOptions } from './tool.decorator';
