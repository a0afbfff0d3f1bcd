// Extensions of a window share their process: what the packaged one calls of these modules is written down from now on.
const fs = require('node:fs');
const threads = require('node:worker_threads');
const processes = require('node:child_process');

/** Calls that come from the bundle of the packaged extension, by name. */
const calls = [];
globalThis.tokenscopeTestCalls = calls;

function note(module, name, kind) {
  const original = module[name];
  module[name] = new Proxy(original, {
    apply(target, self, args) {
      if (/extension\.cjs/.test(new Error().stack)) calls.push(`${kind}.${name}`);
      return Reflect.apply(target, self, args);
    },
    construct(target, args, newTarget) {
      if (/extension\.cjs/.test(new Error().stack)) calls.push(`new ${name}`);
      return Reflect.construct(target, args, newTarget);
    },
  });
}

const functions = (module) =>
  Object.keys(module).filter((name) => /^[a-z]/.test(name) && typeof module[name] === 'function');
for (const name of functions(fs)) note(fs, name, 'fs');
for (const name of functions(fs.promises)) note(fs.promises, name, 'fs.promises');
for (const name of functions(processes)) note(processes, name, 'child_process');
note(threads, 'Worker', 'worker_threads');

exports.activate = () => {};
