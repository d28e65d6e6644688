export { InvalidTimer, TimerExists, TimerFromCode, TooManyTimers, UnknownTimer } from './errors';
export { OnTimer, type OnTimerOptions } from './on-timer.decorator';
export { MISSED_POLICIES, type MissedPolicy, type Rhythm, type TimerDefinition } from './rhythm';
export { TimerService } from './timer.service';
export { TimerTable, type Timer } from './timer-table';
export { TimersModule } from './timers.module';
export { type TimersOptions } from './timers-options';
