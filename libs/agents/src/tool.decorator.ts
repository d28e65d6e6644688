import 'reflect-metadata';
import type { EffectClass } from '@reflex/core';
import type { z } from 'zod';
import type { ToolApproval } from './approval';
import type { EgressHost, EgressRule } from './egress/egress-rule';

/**
 * What a tool does to the outside world: `none` only reads · `keyed` acts, and the receiver drops a second call with the
 * same `ToolCall.key` · `unkeyed` acts, and a second call acts again: when one is interrupted, a person is asked.
 */
export type ToolEffect = EffectClass;

/** What a tool is told about the call beside its input. */
export interface ToolCall {
  /** Idempotency key: the same for the same event, trigger, agent, tool and arguments, so also on a retry. */
  key: string;
  /** Aborts on timeout, shutdown and lost lease. */
  signal: AbortSignal;
  /** The model's own id of this call. */
  callId: string;
  /** Where the `EgressClient` lets this call connect to. */
  egress: EgressRule;
}

export interface ToolOptions<Input extends z.ZodObject = z.ZodObject> {
  /** What it does and when to use it, for the model. */
  description: string;
  input: Input;
  effect: ToolEffect;
  /**
   * Calls that people have to agree to: the run waits for them without a worker. Their word is for exactly these arguments,
   * and for one call. Default none.
   */
  approval?: ToolApproval<z.output<Input>>;
  /** Default: the method's name in snake_case. */
  name?: string;
  /** `secrets`: returns what must not leave, such as credentials or customers' data. */
  reads?: 'secrets';
  /** Hosts that it connects to through the `EgressClient`; none by default. `*` leaves it to the agent's own list. */
  egress?: readonly EgressHost[];
}

/** What a tool can do, and who has to agree. */
export type Reach = Pick<ToolOptions, 'effect' | 'reads' | 'egress'> & { approval?: ToolApproval<never> };

type ToolMethod<Input extends z.ZodObject> = (input: z.output<Input>, call: ToolCall) => unknown;

const TOOL = Symbol('reflex:tool');

/** Lets agents call this method of a provider. The model sees what it returns: text as it is, all else as JSON. */
export function Tool<Input extends z.ZodObject>(options: ToolOptions<Input>) {
  return <Method extends ToolMethod<Input>>(
    _target: object,
    _method: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => Reflect.defineMetadata(TOOL, options, descriptor.value as object);
}

export function toolOptionsOf(method: object): ToolOptions | undefined {
  return Reflect.getMetadata(TOOL, method) as ToolOptions | undefined;
}
