/** What the API explorer offers to make. */
export const TIMER_EXAMPLES = {
  cron: {
    summary: 'On working days at nine, where the people are',
    value: { name: 'morning-report', cron: '0 9 * * 1-5', tz: 'Europe/Berlin', missed: 'once' },
  },
  interval: { summary: 'Every five minutes', value: { name: 'poll-inbox', every: '5m', missed: 'skip' } },
};
