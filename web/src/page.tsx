import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { PredictionDocument } from '../../lib/api/prediction.js';
import { Closing } from './closing.js';
import { Controls } from './controls.js';
import { useExplaining } from './explaining.js';
import { firstSample, firstSentence, ImageInput, readsDigits, TextInput } from './input.js';
import type { View } from './paint.js';
import {
  listModels,
  predict,
  Refused,
  setToken,
  type Input,
  type ServedModel,
  type Settings,
} from './service.js';
import { Stage, useBitmap } from './stage.js';
import { Summary } from './summary.js';
import { ThemeChoice } from './theme.js';
import { Verify } from './verify.js';
import { Words } from './words.js';

/** After a slider stops moving. */
const SETTLED_MS = 350;

const defaults: Settings = {
  gamma: 0.5,
  topK: 'auto',
  window: 'auto',
  evidence: 'auto',
  target: '',
  core: false,
};

export function Page() {
  const { models, error, reload } = useModels();
  const [chosen, setChosen] = useState('');
  const model = models?.find(({ name }) => name === chosen) ?? models?.[0];
  return (
    <>
      <header>
        <h1>smug-explain</h1>
        <p>The smallest part of an input that is enough, with a proof.</p>
        <nav aria-label="Service">
          {models && models.length > 1 && (
            <label class="models">
              Model
              <select value={model?.name} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
                {models.map(({ name }) => (
                  <option value={name}>{name}</option>
                ))}
              </select>
            </label>
          )}
          <a href="docs">API</a>
          <ThemeChoice />
        </nav>
      </header>
      {error?.status === 401 && <Token onToken={() => void reload()} />}
      {error && error.status !== 401 && (
        <p class="failure" role="alert">
          {error.message}
        </p>
      )}
      {models?.length === 0 && <p class="failure">This service has no model.</p>}
      {model && <Workbench key={model.name} model={model} />}
    </>
  );
}

function useModels() {
  const [models, setModels] = useState<ServedModel[] | null>(null);
  const [error, setError] = useState<{ status: number; message: string } | null>(null);
  const reload = useCallback(async () => {
    try {
      setModels(await listModels());
      setError(null);
    } catch (why) {
      setError(why instanceof Refused ? why : { status: 0, message: 'The service cannot be reached.' });
    }
  }, []);
  useEffect(() => void reload(), [reload]);
  return { models, error, reload };
}

function Token({ onToken }: { onToken: () => void }) {
  const [given, setGiven] = useState('');
  const enter = (event: SubmitEvent) => {
    event.preventDefault();
    setToken(given);
    onToken();
  };
  return (
    <form class="token" onSubmit={enter}>
      <label>
        This service asks for a token
        <input
          type="password"
          autocomplete="off"
          value={given}
          onInput={({ currentTarget }) => setGiven(currentTarget.value)}
        />
      </label>
      <button type="submit">Enter</button>
    </form>
  );
}

function Workbench({ model }: { model: ServedModel }) {
  const [input, setInput] = useState<Input | null>(() =>
    model.takes === 'text' ? firstSentence() : readsDigits(model) ? firstSample() : null,
  );
  const [settings, setSettings] = useState(defaults);
  const [view, setView] = useState<View>('kept');
  const [certificate, setCertificate] = useState<File | null>(null);
  const { state, start, cancel, reset } = useExplaining();
  const canvas = useRef<HTMLCanvasElement>(null);
  const image = useBitmap(input?.kind === 'image' ? input.file : null);
  const predictions = usePredictions(model, input);
  const running = state.status === 'running';

  // A moved slider asks again by itself, once it rests.
  const asked = useRef<[Input, Settings] | null>(null);
  useEffect(() => {
    if (!input) return;
    const again = () => {
      asked.current = [input, settings];
      void start(model.name, input, settings);
    };
    const changed = asked.current?.[0] !== input || asked.current[1] !== settings;
    const timer = setTimeout(() => changed && again(), asked.current === null ? 0 : SETTLED_MS);
    return () => clearTimeout(timer);
  }, [model, input, settings, start]);

  const give = (next: Input) => {
    reset();
    setSettings((now) => ({ ...now, target: '' }));
    setInput(next);
  };
  const over = useDropped((file) => {
    if (file.type === 'application/json' || file.name.endsWith('.json')) setCertificate(file);
    else if (model.takes === 'image') give({ kind: 'image', file, name: file.name });
  });
  return (
    <main class={over ? 'over' : ''}>
      <section class="left" aria-label="Explanation">
        {input?.kind === 'image' && image && (
          <Stage image={image} explaining={state} view={view} onView={setView} canvas={canvas} />
        )}
        {input?.kind === 'text' && <Words text={input.text} result={state.result} />}
        {input === null && <p class="empty">Drop an image to see what the network looked at.</p>}
        {state.status === 'failed' && (
          <p class="failure" role="alert">
            {state.error}
          </p>
        )}
        {state.result && <Summary result={state.result} canvas={canvas} />}
      </section>
      <section class="right" aria-label="Question">
        <Closing explaining={state} />
        <div class="run">
          <button
            type="button"
            class="primary"
            disabled={!input || running}
            onClick={() => input && void start(model.name, input, settings)}
          >
            Explain
          </button>
          <button type="button" disabled={!running} onClick={cancel}>
            Cancel
          </button>
        </div>
        <fieldset>
          <legend>What</legend>
          {model.takes === 'image' ? (
            <ImageInput model={model} input={input} onInput={give} />
          ) : (
            <TextInput input={input} onInput={give} />
          )}
          {predictions.length > 0 && (
            <ol class="classes" aria-label="What the network reads">
              {predictions.map(({ index, label, confidence }) => (
                <li>
                  <button
                    type="button"
                    aria-pressed={settings.target === `${index}`}
                    title="Explain this class"
                    onClick={() => setSettings({ ...settings, target: `${index}` })}
                  >
                    <span>{label ?? index}</span>
                    <meter min={0} max={1} value={confidence} aria-label="confidence" />
                    <span>{(100 * confidence).toFixed(1)} %</span>
                  </button>
                </li>
              ))}
            </ol>
          )}
        </fieldset>
        <Controls model={model} settings={settings} onSettings={setSettings} />
        <Verify file={certificate} onFile={setCertificate} />
      </section>
    </main>
  );
}

function usePredictions(model: ServedModel, input: Input | null): PredictionDocument['predictions'] {
  const [predictions, setPredictions] = useState<PredictionDocument['predictions']>([]);
  useEffect(() => {
    setPredictions([]);
    if (input?.kind !== 'image') return;
    const controller = new AbortController();
    predict(model.name, input.file, controller.signal).then(setPredictions, () => undefined);
    return () => controller.abort();
  }, [model, input]);
  return predictions;
}

/** Files dropped anywhere on the page; true while one is held over it. */
function useDropped(onFile: (file: File) => void): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(onFile);
  latest.current = onFile;
  useEffect(() => {
    const hold = (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file) latest.current(file);
    };
    addEventListener('dragover', hold);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', hold);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, []);
  return over;
}
