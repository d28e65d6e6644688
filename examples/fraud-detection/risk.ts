import type { OrderCreated } from './order.events';

/** What is known of a customer beside the order itself. */
export interface CustomerHistory {
  /** Earlier orders of the last ten minutes. */
  recentOrders: number;
  flagged: boolean;
}

export interface Risk {
  /** 0 harmless, 100 fraud. */
  score: number;
  signals: string[];
}

const MAX_SCORE = 100;

/** Adds up what speaks against an order. */
export function riskOf({ amount, country, card_country }: OrderCreated, history: CustomerHistory): Risk {
  const signals: [points: number, signal: string][] = [];
  if (amount >= 5_000) signals.push([50, 'very large amount']);
  else if (amount >= 1_000) signals.push([30, 'large amount']);
  if (country !== card_country) signals.push([30, `card of ${card_country}, order from ${country}`]);
  if (history.recentOrders >= 2) signals.push([30, `order ${history.recentOrders + 1} within ten minutes`]);
  if (history.flagged) signals.push([50, 'flagged customer']);
  const total = signals.reduce((sum, [points]) => sum + points, 0);
  return { score: Math.min(total, MAX_SCORE), signals: signals.map(([, signal]) => signal) };
}
