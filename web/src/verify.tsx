// A certificate that is dropped on the page or chosen, and what its check says.
import { useEffect, useState } from 'preact/hooks';
import { Refused, verify } from './service.js';

const meaning: Record<string, string> = {
  'verified-exact': 'Verified: every claim was checked in exact arithmetic.',
  'verified-by-two-provers': 'Verified: two provers of different kinds agree.',
  'one-prover': 'Rests on the word of one prover.',
  'not-checked': 'Nothing is wrong as far as it was looked at, but part of it was not shown.',
  refused: 'Refused: something it says is false.',
};

interface Checked {
  verdict: string;
  text: string;
  details: string[];
}

export function Verify({ file, onFile }: { file: File | null; onFile: (file: File) => void }) {
  const [checked, setChecked] = useState<Checked | 'running' | null>(null);
  useEffect(() => {
    if (!file) return;
    let current = true;
    setChecked('running');
    void check(file).then((found) => current && setChecked(found));
    return () => {
      current = false;
    };
  }, [file]);
  return (
    <section class="verify" aria-labelledby="verify">
      <h2 id="verify">Check a certificate</h2>
      <label class="drop">
        <strong>Drop a certificate anywhere</strong> or choose a file
        <input
          type="file"
          accept="application/json,.json"
          onChange={({ currentTarget: { files } }) => files?.[0] && onFile(files[0])}
        />
      </label>
      <div role="status">
        {checked === 'running' && <p>Checking …</p>}
        {checked !== null && checked !== 'running' && (
          <p class={`verdict ${checked.verdict}`}>
            <strong>{checked.text}</strong>
            {checked.details.map((detail) => (
              <span>{detail}</span>
            ))}
          </p>
        )}
      </div>
    </section>
  );
}

async function check(file: File): Promise<Checked> {
  try {
    const found = await verify(JSON.parse(await file.text()));
    const claims = `Status ${found.status}, ${found.size} cells, at least ${found.lowerBound}; ${found.rows.checked} rows hold exactly.`;
    const said = found.failures.slice(0, 3);
    return {
      verdict: found.verdict,
      text: meaning[found.verdict],
      details: said.length > 0 ? said : [claims],
    };
  } catch (error) {
    const why =
      error instanceof Refused
        ? error.message
        : error instanceof SyntaxError
          ? 'The file is no JSON.'
          : 'The service cannot be reached.';
    return { verdict: 'refused', text: 'It cannot be checked.', details: [why] };
  }
}
