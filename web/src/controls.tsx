// What can be asked for: γ, k, window, evidence, class, core.
import type { ServedModel, Settings } from './service.js';

/** Steps of the sliders for k and the window; the first is left to the service. */
const topK = ['auto', 10, 20, 50, 100, 200, 500, 1000, 2000, 3000, 5000] as const;
const windows = ['auto', 1, 2, 3, 4, 6, 8, 12, 16, 24] as const;
/** More are typed, not listed. */
const MOST_LISTED = 30;

interface ControlsProps {
  model: ServedModel;
  settings: Settings;
  onSettings: (settings: Settings) => void;
}

export function Controls({ model, settings, onSettings }: ControlsProps) {
  const set = (change: Partial<Settings>) => onSettings({ ...settings, ...change });
  const image = model.takes === 'image';
  return (
    <fieldset class="controls">
      <legend>How</legend>
      <Slider
        label="γ: share of each node to keep"
        shown={settings.gamma.toFixed(2)}
        value={settings.gamma}
        max={0.95}
        step={0.05}
        onValue={(gamma) => set({ gamma })}
      />
      <Steps
        label="k: nodes to keep"
        steps={topK}
        value={settings.topK}
        onValue={(value) => set({ topK: value })}
      />
      {image && (
        <Steps
          label="window: pixels per side of a cell"
          steps={windows}
          value={settings.window}
          onValue={(window) => set({ window })}
        />
      )}
      {image && (
        <label>
          Evidence
          <select
            value={settings.evidence}
            onChange={({ currentTarget: { value } }) => set({ evidence: value as Settings['evidence'] })}
          >
            <option value="auto">auto</option>
            <option value="activation">activation (the paper's)</option>
            <option value="image">image, whatever the bias</option>
          </select>
        </label>
      )}
      <ClassChoice model={model} value={settings.target} onValue={(target) => set({ target })} />
      <label class="check">
        <input
          type="checkbox"
          checked={settings.core}
          onChange={({ currentTarget: { checked } }) => set({ core: checked })}
        />
        Tell which cells every smallest mask keeps
      </label>
    </fieldset>
  );
}

function ClassChoice({
  model,
  value,
  onValue,
}: {
  model: ServedModel;
  value: string;
  onValue: (target: string) => void;
}) {
  const names = model.classNames ?? [];
  if (names.length > 0 && names.length <= MOST_LISTED)
    return (
      <label>
        Class
        <select value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
          <option value="">the predicted one</option>
          {names.map((name, index) => (
            <option value={`${index}`}>{name ?? index}</option>
          ))}
        </select>
      </label>
    );
  return (
    <label>
      Class
      <input
        list="classes"
        placeholder="the predicted one"
        value={value}
        onChange={({ currentTarget }) => onValue(currentTarget.value.trim())}
      />
      <datalist id="classes">{names.map((name) => name !== null && <option value={name} />)}</datalist>
    </label>
  );
}

interface SliderProps {
  label: string;
  shown: string;
  value: number;
  max: number;
  step: number;
  onValue: (value: number) => void;
}

function Slider({ label, shown, value, max, step, onValue }: SliderProps) {
  return (
    <label class="slider">
      <span>{label}</span>
      <span class="value" aria-hidden="true">
        {shown}
      </span>
      <input
        type="range"
        min={0}
        max={max}
        step={step}
        value={value}
        aria-valuetext={shown}
        onInput={({ currentTarget }) => onValue(Number(currentTarget.value))}
      />
    </label>
  );
}

function Steps<Step extends number | 'auto'>({
  label,
  steps,
  value,
  onValue,
}: {
  label: string;
  steps: readonly Step[];
  value: Step | number;
  onValue: (value: Step) => void;
}) {
  return (
    <Slider
      label={label}
      shown={`${value}`}
      value={Math.max(0, steps.indexOf(value as Step))}
      max={steps.length - 1}
      step={1}
      onValue={(at) => onValue(steps[at])}
    />
  );
}
