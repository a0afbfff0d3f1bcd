// Mocha's spec reporter that also writes the counts to the file named in TOKENSCOPE_TEST_COUNTS, for `npm test`.
const { appendFileSync } = require('node:fs');
const { Spec } = require('mocha').reporters;

module.exports = class CountingSpec extends Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      const file = process.env.TOKENSCOPE_TEST_COUNTS;
      if (file) appendFileSync(file, `${JSON.stringify({ passes, failures, pending })}\n`);
    });
  }
};
