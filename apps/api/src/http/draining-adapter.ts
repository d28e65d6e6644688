import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions, RawServerDefault } from 'fastify';
import type { Admission } from './admission';

const MAX_REQUEST_MS = 10_000;

/**
 * Stops taking requests at the beginning of a shutdown. Nest closes the server only when everything else has drained,
 * which may take half a minute, and then waits for the last request, however slowly its client sends it.
 */
export class DrainingAdapter extends FastifyAdapter {
  constructor(
    private readonly admission: Admission,
    options: FastifyHttpOptions<RawServerDefault>,
  ) {
    super(options);
  }

  override beforeClose(): void {
    super.beforeClose();
    this.admission.close();
    const server = this.getInstance().server;
    server.close();
    setTimeout(() => server.closeAllConnections(), MAX_REQUEST_MS).unref();
  }
}
