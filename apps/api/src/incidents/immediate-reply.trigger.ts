import { Injectable } from '@nestjs/common';
import { WebSocketMessage } from '@reflex/events';
import { OnEvent, type DecisionContext } from '@reflex/triggers';
import { ResponderAgent } from './responder.agent';

/** Every chat message at once; what is returned goes back over the WebSocket it came from. */
@Injectable()
export class ImmediateReplyTrigger {
  constructor(private readonly responder: ResponderAgent) {}

  // Grouped by source, so that the messages of one client are answered in order.
  @OnEvent(WebSocketMessage, { name: 'immediate-reply', scope: 'source', timeout: '90s' })
  async reply(context: DecisionContext<WebSocketMessage>): Promise<string> {
    return this.responder.run({ task: 'Answer this message.', data: context.event.content });
  }
}
