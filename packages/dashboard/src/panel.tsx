// A framed part of a page: its title, a quiet line that says which numbers these are, tools at the end of the line.
import type { ComponentChildren } from 'preact'

interface PanelProps {
  id: string
  title: string
  note?: ComponentChildren
  tools?: ComponentChildren
  class?: string
  children: ComponentChildren
}

export const Panel = ({ id, title, note, tools, class: more = '', children }: PanelProps) => (
  <section class={`panel ${more}`} id={id} aria-labelledby={`${id}-title`}>
    <div class="panel-head">
      <h2 id={`${id}-title`}>{title}</h2>
      {note !== undefined && <p class="quiet">{note}</p>}
      {tools !== undefined && <div class="tools">{tools}</div>}
    </div>
    {children}
  </section>
)
