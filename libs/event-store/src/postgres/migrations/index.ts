import { Tables1763600000001 } from './0001-tables';
import { Publish1763600000002 } from './0002-publish';
import { Claim1763600000003 } from './0003-claim';
import { Settle1763600000004 } from './0004-settle';
import { Sweeps1763600000005 } from './0005-sweeps';
import { Timers1763600000006 } from './0006-timers';
import { DeadLetters1763600000007 } from './0007-dead-letters';
import { Farewells1763600000008 } from './0008-farewells';
import { Effects1763600000009 } from './0009-effects';
import { Parking1763600000010 } from './0010-parking';
import { Replays1763600000011 } from './0011-replays';
import { FollowUps1763600000012 } from './0012-follow-ups';
import { RunStreams1763600000013 } from './0013-run-streams';
import { Waits1763600000014 } from './0014-waits';
import { Approvals1763600000015 } from './0015-approvals';
import { Conversations1763600000016 } from './0016-conversations';
import { Budgets1763600000017 } from './0017-budgets';
import { HoldingBack1763600000019 } from './0019-holding-back';
import { Secrets1763600000020 } from './0020-secrets';

/** In order; never edited once released. Listed as classes, since a bundle has no files to glob. */
export const MIGRATIONS = [
  Tables1763600000001,
  Publish1763600000002,
  Claim1763600000003,
  Settle1763600000004,
  Sweeps1763600000005,
  Timers1763600000006,
  DeadLetters1763600000007,
  Farewells1763600000008,
  Effects1763600000009,
  Parking1763600000010,
  Replays1763600000011,
  FollowUps1763600000012,
  RunStreams1763600000013,
  Waits1763600000014,
  Approvals1763600000015,
  Conversations1763600000016,
  Budgets1763600000017,
  HoldingBack1763600000019,
  Secrets1763600000020,
];
