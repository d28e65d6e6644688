export { fire, triggersIn, type FireOptions } from './fire';
export { TestingTriggersModule } from './testing.module';
