import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { StoredSecrets } from '@reflex/core';
import { DataSource } from 'typeorm';
import { AgentRegistry } from './agent-registry';
import { AgentRunner } from './agent-runner';
import { AGENTS_OPTIONS, ConfigurableModuleClass, type AgentsOptions } from './agents-options';
import { AgentsExplorer } from './agents.explorer';
import { BudgetKeeper } from './budgets/budget-keeper';
import { BudgetLedger } from './budgets/budget-ledger';
import { MemoryBudgetLedger } from './budgets/memory-budget-ledger';
import { PostgresBudgetLedger } from './budgets/postgres-budget-ledger';
import { Prices } from './budgets/prices';
import { EgressClient } from './egress/egress-client';
import { EGRESS_OPTIONS } from './egress/egress-options';
import { Secrets } from './egress/secrets';
import { AgentMemory } from './memory/agent-memory';
import { Conversations } from './memory/conversations';
import { McpConnections } from './mcp/mcp-connections';
import { McpTools } from './mcp/mcp-tools';
import { ConfiguredModels } from './models/configured-models';
import { Models } from './models/models';

/** Makes agents work in every module: import it once, with `forRoot` or `forRootAsync`. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    AgentRegistry,
    AgentRunner,
    AgentsExplorer,
    EgressClient,
    McpConnections,
    McpTools,
    { provide: EGRESS_OPTIONS, inject: [AGENTS_OPTIONS], useFactory: ({ egress = {} }: AgentsOptions) => egress },
    {
      provide: Secrets,
      inject: [AGENTS_OPTIONS, { token: StoredSecrets, optional: true }],
      useFactory: async ({ secrets: own = {} }: AgentsOptions, stored?: StoredSecrets) => {
        const secrets = new Secrets(own);
        await stored?.onChanged((all) => secrets.takeStored(all));
        return secrets;
      },
    },
    {
      provide: BudgetLedger,
      inject: [{ token: DataSource, optional: true }],
      useFactory: (dataSource?: DataSource) =>
        dataSource ? new PostgresBudgetLedger(dataSource) : new MemoryBudgetLedger(),
    },
    {
      provide: BudgetKeeper,
      inject: [AGENTS_OPTIONS, BudgetLedger],
      useFactory: ({ prices, budget }: AgentsOptions, ledger: BudgetLedger) =>
        new BudgetKeeper(new Prices(prices), ledger, budget),
    },
    { provide: Models, useClass: ConfiguredModels },
    AgentMemory,
    {
      provide: Conversations,
      inject: [{ token: DataSource, optional: true }],
      useFactory: (dataSource?: DataSource) => dataSource && new Conversations(dataSource),
    },
  ],
  exports: [AgentRegistry, AgentRunner, Conversations, EgressClient, Models],
})
export class AgentsModule extends ConfigurableModuleClass {}
