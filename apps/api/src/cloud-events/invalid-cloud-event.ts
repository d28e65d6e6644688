import { RequestRefused } from '../http/refusals';

/** `what` is half a sentence: it completes "This is no CloudEvent 1.0 that can be taken: …". */
export function invalidCloudEvent(what: string, cause?: unknown): RequestRefused {
  const message = `This is no CloudEvent 1.0 that can be taken: ${what}.`;
  return new RequestRefused(422, 'invalid_cloud_event', message, { cause });
}
