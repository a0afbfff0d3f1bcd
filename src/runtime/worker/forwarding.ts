import { type CallName, type CallShape, ENGINE_CALLS, type EngineCalls } from '../api.ts';

/** Where the calls of a forwarding engine go. */
export interface Transport {
  once(name: CallName, args: readonly unknown[], signal?: AbortSignal): Promise<unknown>;
  stream(name: CallName, args: readonly unknown[], signal?: AbortSignal): AsyncGenerator<unknown, unknown>;
}

/** The calls and what is known of them. */
export const callShapes = Object.entries(ENGINE_CALLS) as [CallName, CallShape][];

abstract class Forwarding implements Transport {
  abstract once(name: CallName, args: readonly unknown[], signal?: AbortSignal): Promise<unknown>;
  abstract stream(name: CallName, args: readonly unknown[], signal?: AbortSignal): AsyncGenerator<unknown, unknown>;
}

for (const [name, { streams, parameters }] of callShapes) {
  Object.defineProperty(Forwarding.prototype, name, {
    value(this: Forwarding, ...args: unknown[]) {
      const signal = args[parameters] as AbortSignal | undefined;
      return this[streams ? 'stream' : 'once'](name, args.slice(0, parameters), signal);
    },
  });
}

/** An engine every call of which goes through `once` or `stream`: a new call needs nothing here. */
export const ForwardingEngine = Forwarding as unknown as abstract new () => EngineCalls & Transport;
