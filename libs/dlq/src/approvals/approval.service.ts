import { Injectable } from '@nestjs/common';
import { Audit, type Operator } from '@reflex/auth';
import { EventStore, type Approval, type ApprovalPage, type ApprovalSearch } from '@reflex/event-store';
import { ApprovalRefused, noApproval } from '../errors';

/** What agents ask people for, and what these say; for the API and the command line. */
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
