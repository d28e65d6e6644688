import { Page } from './page';

/** Lines to paste, for whoever wants to see more. */
export function lookFurther(url: string, running: boolean): string {
  const page = new Page().heading(
    running
      ? 'Look further'
      : 'Look further: the same by hand, after "npm start" (or keep this one up: npm run demo -- --keep)',
  );
  const event = '{"type":"http","source":"me","payload":{"message":"It failed"}}';
  page.line(`curl -s ${url}/events -H 'content-type: application/json' -d '${event}'`);
  page.line(`curl -s '${url}/events?type=http&limit=3'`);
  page.line(`curl -s '${url}/runs?trigger=error-threshold&limit=1'     # result, tool calls, tokens, duration`);
  page.line(`curl -s '${url}/events/dlq?limit=1'                       # error, attempts, history`);
  page.line(`curl -s -X POST ${url}/events/dlq/<id>/retry              # once the cause is gone`);
  page.line(`curl -s ${url}/health/detailed`);
  page.line(`open ${url}/docs                                          # every request, to try in the browser`);
  return `${page.toString()}\n`;
}
