import { Injectable } from '@nestjs/common';
import { Audit, type Operator } from '@reflex/auth';
import {
  ApprovalNotUsable,
  EventStore,
  type Approval,
  type ApprovalPage,
  type ApprovalSearch,
  type OwnRequest,
} from '@reflex/event-store';
import { ApprovalRefused, noApproval, noDeadLetter } from '../errors';

/** What agents and assistants ask people for, and what these say; for the API and the command line. */
@Injectable()
export class ApprovalService {
  constructor(
    private readonly store: EventStore,
    private readonly audit: Audit,
  ) {}

  list(search: ApprovalSearch): Promise<ApprovalPage> {
    return this.store.approvals.list(search);
  }

  async get(id: string): Promise<Approval> {
    const approval = await this.store.approvals.find(id);
    if (!approval) throw noApproval(id);
    return approval;
  }

  /** One person's word for exactly this call; when more have to agree, it goes on waiting for them. */
  approve(id: string, by: Operator): Promise<Approval> {
    return this.decide(id, 'approved', by);
  }

  /** Ends it; the agent is told why, and goes on without. */
  deny(id: string, by: Operator): Promise<Approval> {
    return this.decide(id, 'denied', by);
  }

  /** Asks people to agree to what is to be done with a dead letter, or answers what became of the same wish. */
  async requestFor(deadLetterId: string, request: OwnRequest, reason: string | null): Promise<Approval> {
    const { by: actor, tool, agent, argsHash } = request;
    const details = { tool, agent, args_hash: argsHash };
    const action = { actor, reason, action: 'approval.request', target: deadLetterId, details };
    const ask = async (): Promise<Approval> => {
      const approval = await this.store.approvals.requestFor(deadLetterId, request);
      if (!approval) throw noDeadLetter(deadLetterId);
      return approval;
    };
    return this.audit.perform(action, ask, ({ id, status }) => ({ approval: id, status }));
  }

  /** Uses up what people have agreed to; throws `ApprovalNotUsable` when somebody was faster, or its time is up. */
  async use({ id, tool }: Approval): Promise<void> {
    if (!(await this.store.approvals.use(id))) throw new ApprovalNotUsable(id, tool);
  }

  private async decide(id: string, decision: 'approved' | 'denied', by: Operator): Promise<Approval> {
    const { tool, agent, trigger, eventId, argsHash } = await this.get(id);
    const details = { tool, agent, trigger, event_id: eventId, args_hash: argsHash };
    const name = decision === 'approved' ? 'approval.approve' : 'approval.deny';
    const action = { ...by, action: name, target: id, details };
    return this.audit.perform(action, async () => {
      const decided = await this.store.approvals.decide(id, { decision, by: by.actor, why: by.reason });
      if (!decided) throw noApproval(id);
      if (decided.refusal) throw new ApprovalRefused(decided.refusal, decided.approval);
      return decided.approval;
    });
  }
}
