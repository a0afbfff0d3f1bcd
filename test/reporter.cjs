// Mocha's spec reporter that also writes the counts, and what failed, to the file named in TOKENSCOPE_TEST_COUNTS, for `npm test`.
const { appendFileSync } = require('node:fs');
const { Spec } = require('mocha').reporters;

const said = (test, error) => `${test.fullTitle()}\n${error?.stack ?? error}`;

module.exports = class CountingSpec extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const failed = [];
    const triedAgain = [];
    runner.on('fail', (test, error) => failed.push(said(test, error)));
    runner.on('retry', (test, error) => triedAgain.push(said(test, error)));
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      const file = process.env.TOKENSCOPE_TEST_COUNTS;
      if (file) appendFileSync(file, `${JSON.stringify({ passes, failures, pending, failed, triedAgain })}\n`);
    });
  }
};
