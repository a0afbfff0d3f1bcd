import { cpus } from 'node:os';
import { print, printJson, showProgress, table } from '../terminal.ts';

/** One measured figure beside what it is compared with. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  compared: string;
  reference: number;
  ratio: number;
}

/** The figures of one run, shown as they come. */
export class Figures {
  private readonly all: Figure[] = [];

  /** Notes a figure, its ratio to the reference beside it. */
  add(name: string, value: number, unit: string, compared: string, reference: number): void {
    this.all.push({ name, value, unit, compared, reference, ratio: value / reference });
    showProgress(name, this.all.length, this.all.length + 1);
  }

  print(model: string, json: boolean | undefined): void {
    const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`;
    if (json) {
      printJson({ machine, model, figures: this.all });
      return;
    }
    print(machine);
    const columns = [
      { title: 'what', align: 'left' as const },
      { title: 'measured' },
      { title: 'ratio' },
      { title: 'reference' },
      { title: 'compared with', align: 'left' as const },
    ];
    const rows = this.all.map((f) => [
      f.name,
      `${short4(f.value)} ${f.unit}`.trim(),
      f.ratio.toFixed(3),
      short4(f.reference),
      f.compared,
    ]);
    print(table(columns, rows));
  }
}

function short4(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(4);
}
