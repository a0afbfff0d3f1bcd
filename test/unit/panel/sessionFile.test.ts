import assert from 'node:assert/strict';
import { readSession, type Session, writeSession } from '../../../src/panel/session/sessionFile.ts';

const session: Session = {
  tokenscope: 1,
  model: { name: 'M', precision: 'int8', parameters: 10 },
  document: { name: 'a.md', language: 'markdown' },
  text: 'a text',
  tokens: 2,
  chosen: 1,
  page: { view: 'depth', sampling: { temperature: 1, topK: 0, topP: 1 }, pinned: false },
  switchedOff: { parts: [{ layer: 1, part: 'attn' }], mean: true },
};

describe('a session file', () => {
  it('is read as it was written', () => {
    assert.deepEqual(readSession(writeSession(session), 'kept.json'), session);
  });

  it('anything else is refused, and what is wrong is said', () => {
    assert.throws(() => readSession('{', 'kept.json'), /kept\.json: It is not JSON/);
    assert.throws(() => readSession('{}', 'kept.json'), /no session of this version/);
    assert.throws(() => readSession(JSON.stringify({ ...session, tokenscope: 2 }), 'kept.json'), /of this version/);
    const parts = [{ layer: -1, part: 'attn' }];
    const wrong = { ...session, switchedOff: { parts, mean: true } };
    assert.throws(() => readSession(JSON.stringify(wrong), 'kept.json'), /switchedOff\.parts\.0\.layer/);
  });
});
