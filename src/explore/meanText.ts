/** Means of what is switched off are over this text, in the editor: prose, code and a list, whatever the person writes. */
export const MEAN_TEXT = `The harbour was quiet in the morning. Two boats had come back before sunrise, and the crew
carried baskets of fish up the stone steps to the market. A woman in a grey coat counted them, wrote a number on a slip
of paper, and gave it to the boy beside her. "Take this to your father," she said, "and tell him that the price is the
same as last week." He ran across the square, past the fountain and the bakery, and almost fell over a sleeping dog.

- Berlin is the capital of Germany.
- Madrid is the capital of Spain.

function mean(values) {
  let total = 0;
  for (const value of values) {
    total += value;
  }
  return total / values.length;
}

In 1969 the first people walked on the moon. They stayed for less than a day, collected stones, and left a few
instruments behind, one of which is still used to measure the distance between the moon and the earth.
`;
