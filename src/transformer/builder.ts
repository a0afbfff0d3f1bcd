import { type ElementType, elementType, encodeModel } from './onnxSchema.ts';

/** A value that flows in a graph: the name of an ONNX edge. */
export type Value = string & { readonly __value: unique symbol };
/** A number is fixed, a string is a symbol such as 'n', known when the graph runs. */
export type Dim = number | string;
type Attribute = number | string | number[] | { float: number };

interface Slot {
  name: string;
  type: ElementType;
  shape: Dim[];
}

interface Node {
  input: Value[];
  output: Value[];
  name: string;
  opType: string;
  attribute: object[];
  domain: string;
}

/** Weights a graph expects, to be handed over beside it as typed arrays (ONNX external data, never copied into it). */
export interface WeightSlot {
  name: string;
  type: ElementType;
  shape: number[];
}

const OPSET = 21;
const IR_VERSION = 10;
const MICROSOFT = 'com.microsoft';

/** Writes an ONNX graph node by node; every call returns the value the node makes. */
export class GraphBuilder {
  readonly weights: WeightSlot[] = [];
  readonly inputs: Slot[] = [];
  readonly outputs: Slot[] = [];
  private readonly nodes: Node[] = [];
  /** Values that are outputs, and the names they leave under. */
  private readonly outputNames = new Map<Value, string>();
  private readonly constants = new Map<string, object>();
  private count = 0;

  constructor(readonly name: string) {}

  input(name: string, type: ElementType, shape: Dim[]): Value {
    this.inputs.push({ name, type, shape });
    return name as Value;
  }

  /** A weight kept outside the graph. */
  weight(name: string, type: ElementType, shape: number[]): Value {
    this.weights.push({ name, type, shape });
    return name as Value;
  }

  /** A small tensor written into the graph. */
  constant(type: 'float' | 'int64' | 'uint8' | 'int8', values: number[], shape: number[] = [values.length]): Value {
    const key = `${type}[${shape}]=${values}`;
    const name = `const ${key}`;
    if (!this.constants.has(key)) {
      const raw =
        type === 'float'
          ? new Float32Array(values)
          : type === 'int64'
            ? BigInt64Array.from(values, BigInt)
            : type === 'int8'
              ? new Int8Array(values)
              : new Uint8Array(values);
      const rawData = new Uint8Array(raw.buffer);
      this.constants.set(key, { name, dims: shape, dataType: elementType[type], rawData });
    }
    return name as Value;
  }

  scalar(value: number): Value {
    return this.constant('float', [value], []);
  }

  /** One node with one output. `name` names the output, for hooks. */
  op(opType: string, inputs: Value[], attributes: Record<string, Attribute> = {}, domain = ''): Value {
    return this.ops(opType, inputs, 1, attributes, domain)[0];
  }

  /** One node of onnxruntime's own operators. */
  microsoft(opType: string, inputs: Value[], attributes: Record<string, Attribute> = {}): Value {
    return this.op(opType, inputs, attributes, MICROSOFT);
  }

  /** One node with several outputs. */
  ops(
    opType: string,
    inputs: Value[],
    outputs: number,
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): Value[] {
    const made = Array.from({ length: outputs }, () => `${opType}_${this.count++}` as Value);
    const attribute = Object.entries(attributes).map(([name, value]) => ({ name, ...encodeAttribute(value) }));
    this.nodes.push({ input: inputs, output: made, name: made[0], opType, attribute, domain });
    return made;
  }

  /** Declares a value as an output of the graph under `name`. What is declared but not fetched is not copied out. */
  output(name: string, value: Value, type: ElementType, shape: Dim[]): void {
    if (this.outputNames.has(value)) throw new Error(`${value} is an output already`);
    this.outputNames.set(value, name);
    this.outputs.push({ name, type, shape });
  }

  // The operations the model files use, under short names.

  add(a: Value, b: Value): Value {
    return this.op('Add', [a, b]);
  }
  sub(a: Value, b: Value): Value {
    return this.op('Sub', [a, b]);
  }
  mul(a: Value, b: Value): Value {
    return this.op('Mul', [a, b]);
  }
  div(a: Value, b: Value): Value {
    return this.op('Div', [a, b]);
  }
  matMul(a: Value, b: Value): Value {
    return this.op('MatMul', [a, b]);
  }
  concat(values: Value[], axis: number): Value {
    return this.op('Concat', values, { axis });
  }
  transpose(x: Value, perm: number[]): Value {
    return this.op('Transpose', [x], { perm });
  }
  /** Shape with at most one -1 (inferred); 0 keeps the input's dimension at that place. */
  reshape(x: Value, shape: number[]): Value {
    return this.op('Reshape', [x, this.constant('int64', shape)]);
  }
  split(x: Value, sizes: number[], axis: number): Value[] {
    return this.ops('Split', [x, this.constant('int64', sizes)], sizes.length, { axis });
  }
  softmax(x: Value): Value {
    return this.op('Softmax', [x], { axis: -1 });
  }

  /** The graph as the bytes of a ModelProto. */
  encode(): Uint8Array {
    const valueInfo = ({ name, type, shape }: Slot) => ({
      name,
      type: {
        tensorType: {
          elemType: elementType[type],
          shape: { dim: shape.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d })) },
        },
      },
    });
    const external = this.weights.map(({ name, type, shape }) => ({
      name,
      dims: shape,
      dataType: elementType[type],
      dataLocation: 1,
      externalData: [{ key: 'location', value: name }],
    }));
    const rename = (value: Value) => this.outputNames.get(value) ?? value;
    const node = this.nodes.map((n) => ({ ...n, input: n.input.map(rename), output: n.output.map(rename) }));
    return encodeModel({
      irVersion: IR_VERSION,
      producerName: 'tokenscope',
      opsetImport: [
        { domain: '', version: OPSET },
        { domain: MICROSOFT, version: 1 },
      ],
      graph: {
        name: this.name,
        node,
        initializer: [...external, ...this.constants.values()],
        input: this.inputs.map(valueInfo),
        output: this.outputs.map(valueInfo),
      },
    });
  }
}

/** AttributeProto: an integer, a float (marked, since 1 could be either), a string or a list of integers. */
function encodeAttribute(value: Attribute): object {
  if (typeof value === 'number') return { i: value, type: 2 };
  if (typeof value === 'string') return { s: new TextEncoder().encode(value), type: 3 };
  if (Array.isArray(value)) return { ints: value, type: 7 };
  return { f: value.float, type: 1 };
}
