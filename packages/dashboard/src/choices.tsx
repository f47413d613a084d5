// One of a few, side by side: native radio buttons, so that arrow keys and screen readers know them.
import type { Choice } from './selection'

interface ChoicesProps<Value> {
  /** Name of the group, for screen readers. */
  legend: string
  name: string
  choices: Choice<Value>[]
  value: Value
  onChange(value: Value): void
}

export function Choices<Value extends string | number>({
  legend,
  name,
  choices,
  value,
  onChange,
}: ChoicesProps<Value>) {
  return (
    <fieldset class="choices">
      <legend class="unseen">{legend}</legend>
      {choices.map((choice) => (
        <label key={choice.value}>
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </fieldset>
  )
}
