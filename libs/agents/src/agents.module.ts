import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AgentRegistry } from './agent-registry';
import { AgentRunner } from './agent-runner';
import { ConfigurableModuleClass } from './agents-options';
import { AgentsExplorer } from './agents.explorer';
import { ConfiguredModels } from './models/configured-models';
import { Models } from './models/models';

/** Makes agents work in every module: import it once, with `forRoot` or `forRootAsync`. */
@Module({
  imports: [DiscoveryModule],
  providers: [AgentRegistry, AgentRunner, AgentsExplorer, { provide: Models, useClass: ConfiguredModels }],
  exports: [AgentRegistry, AgentRunner, Models],
})
export class AgentsModule extends ConfigurableModuleClass {}
