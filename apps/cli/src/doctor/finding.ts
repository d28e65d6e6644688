/** What was found out about one thing, and what to do about it. */
export interface Finding {
  name: string;
  status: 'ok' | 'warn' | 'fail';
  message: string;
}

export const ok = (name: string, message: string): Finding => ({ name, status: 'ok', message });
export const warn = (name: string, message: string): Finding => ({ name, status: 'warn', message });
export const fail = (name: string, message: string): Finding => ({ name, status: 'fail', message });
