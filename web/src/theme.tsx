import { useEffect, useState } from 'preact/hooks';

const choices = ['auto', 'light', 'dark'] as const;
type Theme = (typeof choices)[number];

/** Light, dark, or as the system says. */
export function ThemeChoice() {
  const [theme, setTheme] = useState<Theme>(
    () => (localStorage.getItem('smug-theme') as Theme | null) ?? 'auto',
  );
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem('smug-theme', theme);
  }, [theme]);
  return (
    <label class="theme">
      Theme
      <select value={theme} onChange={({ currentTarget }) => setTheme(currentTarget.value as Theme)}>
        {choices.map((choice) => (
          <option value={choice}>{choice}</option>
        ))}
      </select>
    </label>
  );
}
