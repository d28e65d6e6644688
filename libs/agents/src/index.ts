export { type AgentDefinition, type JsonSchema, type ToolDefinition } from './agent-definition';
export { AgentRegistry, type AgentDescription } from './agent-registry';
export { AgentRunner, type AgentInput, type AgentOutcome, type RunOptions } from './agent-runner';
export { Agent, type AgentOptions } from './agent.decorator';
export { type AgentsOptions, type ServerOptions } from './agents-options';
export { AgentsModule } from './agents.module';
export { type AgentBudget, type BudgetLimits, type DayBudgets, type OnExhausted } from './budgets/budget-options';
export { BudgetBusy, BudgetExhausted, ModelPriceMissing } from './budgets/errors';
export { type ModelPrice } from './budgets/price-table';
export { EgressClient } from './egress/egress-client';
export { type EgressRequest, type EgressResponse } from './egress/egress-request';
export { type EgressHost, type EgressRule } from './egress/egress-rule';
export { EgressFailed, EgressRefused, UnknownSecret } from './egress/errors';
export { secret, type SecretRef } from './egress/secret';
export {
  AgentOutOfTime,
  AgentSetupError,
  AgentStepsExceeded,
  AnswerTooLong,
  InvalidAgentOutput,
  McpUnavailable,
  ModelRefused,
  ModelUnavailable,
  NoConversation,
  OutcomeUnknown,
  RepeatedToolCall,
} from './errors';
export { LangChainAgent } from './langchain-agent';
export { Conversations } from './memory/conversations';
export { type AgentMemoryOptions } from './memory/memory-options';
export { type ModelLimits } from './models/model-limits';
export { mcpServer, type HttpMcpServer, type McpServerTools, type StdioMcpServer } from './mcp/mcp-server';
export { Models, type AgentModel, type ModelChoice } from './models/models';
export { OfflineChatModel } from './models/offline/offline-chat-model';
export { ProviderClosed } from './models/providers/provider-gate';
export { Tool, type ToolCall, type ToolEffect, type ToolOptions } from './tool.decorator';
