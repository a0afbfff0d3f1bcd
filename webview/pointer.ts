/** Whether the hand is at the keys: what passes under a resting pointer is not pointed at. */

const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'Meta']);

let resting = false;

/** A key was pressed since the pointer moved. */
export const pointerRests = (): boolean => resting;

/** @param keyed is called at each key, before anything else hears of it */
export function watchPointer(keyed: () => void): void {
  const pressed = ({ key }: KeyboardEvent) => {
    if (MODIFIERS.has(key)) return;
    resting = true;
    keyed();
  };
  // Browsers send a motion of nothing when the page moves under the pointer.
  const moved = ({ movementX, movementY }: PointerEvent) => {
    if (movementX !== 0 || movementY !== 0) resting = false;
  };
  document.addEventListener('keydown', pressed, true);
  document.addEventListener('pointermove', moved, true);
}
