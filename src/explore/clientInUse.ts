import type { CallName, LoadOptions, LoadProgress, ModelInfo } from '../runtime/api.ts';
import { EngineClient } from '../runtime/worker/client.ts';

/** Hears when a call begins and when it ends, however it ends. */
export interface Use {
  begin(): void;
  end(): void;
}

/** A client that tells of its use, whichever channel a call comes through. */
export class ClientInUse extends EngineClient {
  constructor(
    options: ConstructorParameters<typeof EngineClient>[0],
    private readonly use: Use,
  ) {
    super(options);
  }

  override async *load(options: LoadOptions, signal?: AbortSignal): AsyncGenerator<LoadProgress, ModelInfo> {
    this.use.begin();
    try {
      return yield* super.load(options, signal);
    } finally {
      this.use.end();
    }
  }

  override async once(name: CallName, args: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    this.use.begin();
    try {
      return await super.once(name, args, signal);
    } finally {
      this.use.end();
    }
  }

  override async *stream(name: CallName, args: readonly unknown[], signal?: AbortSignal) {
    this.use.begin();
    try {
      return yield* super.stream(name, args, signal);
    } finally {
      this.use.end();
    }
  }
}
