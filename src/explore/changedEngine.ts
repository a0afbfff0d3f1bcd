import type { EngineApi, Intervention, TextRequest } from '../runtime/api.ts';

/** The engine where every call about a text speaks of a changed model. */
export function changedEngine(engine: EngineApi, interventions: readonly Intervention[]): EngineApi {
  if (interventions.length === 0) return engine;
  const changed = <R extends TextRequest>(request: R): R => ({ ...request, interventions });
  return {
    get model() {
      return engine.model;
    },
    load: (options, signal) => engine.load(options, signal),
    unload: () => engine.unload(),
    encode: (text, signal) => engine.encode(text, signal),
    describe: (ids) => engine.describe(ids),
    pieces: (ids) => engine.pieces(ids),
    run: (request, signal) => engine.run(changed(request), signal),
    logits: (ids, position, _, signal) => engine.logits(ids, position, interventions, signal),
    pattern: (ids, layer, _, signal) => engine.pattern(ids, layer, interventions, signal),
    hooks: (request, signal) => engine.hooks(changed(request), signal),
    generate: (request, signal) => engine.generate(changed(request), signal),
    branches: (request, signal) => engine.branches(changed(request), signal),
    expand: (request, signal) => engine.expand(changed(request), signal),
    lens: (request, signal) => engine.lens(changed(request), signal),
    attribute: (request, signal) => engine.attribute(changed(request), signal),
    patch: (request, signal) => engine.patch(changed(request), signal),
    valueNorms: (request, signal) => engine.valueNorms(changed(request), signal),
    // What heads are for, what rows are like and what a cache saves is asked of the model as it is.
    headScores: (request, signal) => engine.headScores(request, signal),
    copyingScores: (signal) => engine.copyingScores(signal),
    neighbours: (request, signal) => engine.neighbours(request, signal),
    positionCosines: (far, signal) => engine.positionCosines(far, signal),
    cacheTimes: (request, signal) => engine.cacheTimes(request, signal),
  };
}
