import { ModelError } from '../../errors.ts';
import type { Family } from './family.ts';
import { gpt2 } from './gpt2.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import { qwen2 } from './qwen2.ts';
import { smollm3 } from './smollm3.ts';

const families: Family[] = [llama, gpt2, qwen2, mistral, smollm3];

/** Models that do not predict the next token from those before it, in the names of config.json and of GGUF. */
const NOT_DECODERS: Record<string, string> = {
  encoder:
    'albert bert deberta deberta-v2 distilbert electra modernbert mpnet nomic_bert roberta xlm-roberta vit clip ' +
    'modern-bert neo-bert nomic-bert nomic-bert-moe jina-bert-v2 jina-bert-v3 eurobert t5encoder',
  'encoder-decoder': 'bart mbart t5 mt5 umt5 pegasus marian whisper led longt5 m2m_100 blenderbot',
};

/** @throws ModelError naming the model type and listing those that are known */
export function familyOfModelType(modelType: string, where: string): Family {
  const family = families.find((f) => f.modelTypes.includes(modelType));
  if (family) return family;
  throw unknown(
    'model type',
    modelType,
    families.flatMap((f) => f.modelTypes),
    where,
  );
}

/** @throws ModelError naming the architecture and listing those that are known */
export function familyOfArchitecture(architecture: string, where: string): Family {
  const family = families.find((f) => f.architectures.includes(architecture));
  if (family) return family;
  throw unknown(
    'architecture',
    architecture,
    families.flatMap((f) => f.architectures),
    where,
  );
}

function unknown(kind: string, name: string, known: string[], where: string): ModelError {
  for (const [notDecoder, names] of Object.entries(NOT_DECODERS))
    if (names.split(' ').includes(name))
      return new ModelError(
        `"${name}" is an ${notDecoder} model: it does not predict the next token from those before it.`,
        where,
        'Choose a decoder-only language model.',
      );
  return new ModelError(
    `The ${kind} "${name.slice(0, 100)}" is not supported.`,
    where,
    `Known are: ${known.join(', ')}.`,
  );
}
