/**
 * A few hundred tokens of mixed text (prose, dialogue, a list, code, numbers, other scripts) that the int8
 * quantisation is fitted to: what matters is that every kind of channel gets to fire.
 */
export const CALIBRATION_TEXT = `The ferry left the harbour at dawn, an hour late, because the fog had not lifted. On the upper deck two
engineers argued about a bridge that would never be built. "You cannot hang forty tonnes from a cable like that," said
the older one, "unless you want to read about it in the newspaper." The younger one laughed and drew another sketch.

# Shopping list
- 3 apples, 12 eggs, 250 g of butter
- a map of the coast (scale 1:50,000)
- batteries for the radio; see https://example.org/radio?model=7#parts

function mean(values) {
  if (values.length === 0) throw new Error("empty");
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length; // 0.5 for [0, 1]
}

In 1911, Marie Curie received the Nobel Prize in Chemistry, the second one in her life. What is the capital of Norway?
The capital of Norway is Oslo. Le train de 8 h 45 est parti sans nous. Größe: 42 €. 東京は雨です。Привет! 🙂
def area(r): return 3.14159 * r ** 2
SELECT name, COUNT(*) FROM visits WHERE year >= 2020 GROUP BY name;
`;
