/** The model's blocks and what became of each, in groups that say the same once. */
import type {ComponentChildren, VNode} from 'preact';
import {useState} from 'preact/hooks';
import type {Comparison} from '../../../src/compare/compareModels.ts';
import {type Alike, alike, count} from '../../../src/report/alike.ts';
import {
  approximationGroups,
  leftGroups,
  legalizedGroups,
  misreadGroups,
  missGroups,
  unplannedKinds,
} from '../../../src/report/findings.ts';
import {familyOf} from '../../../src/report/blockFamily.ts';
import {KINDS_LEGEND, planText} from '../../../src/report/plansText.ts';
import type {LoadedModel} from '../run/protocol.ts';

interface BlocksProps {
  readonly model: LoadedModel;
  readonly comparison: Comparison | null;
}

export function BlocksCard({model, comparison}: BlocksProps): VNode {
  const {report, plans} = model;
  const {blocks, left, misses, legalized, misread = [], inFloat32 = []} = report;
  const before = comparison?.blocksBefore ?? 0;
  const unplanned = unplannedKinds(blocks, plans);
  return (
    <section class="card stack blocks" aria-labelledby="blocks-title">
      <div>
        <h2 id="blocks-title">
          {blocks.length === 0 ? 'No block was fused' : `${count(blocks.length, 'block')} fused`}
        </h2>
        {before > 0 && <p class="hint">{count(before, 'block')} came fused already, and are the same on both sides.</p>}
        {blocks.length + before + left.length + misses.length === 0 && (
          <p class="hint">Nothing in this model looks like a residual block that can be fused.</p>
        )}
      </div>
      {blocks.length > 0 && (
        <div class="stack tight">
          <ul class="groups">
            {plans.map((kind) => (
              <li key={`${kind.block} ${planText(kind)}`}>
                <span class="count number">{kind.count}&thinsp;×</span>
                <div>
                  <p>
                    <strong>{familyOf(kind.spec)}</strong> {kind.block}
                  </p>
                  <p class="hint">{planText(kind)}</p>
                </div>
              </li>
            ))}
            {unplanned.map(({text, rows}) => (
              <li key={text}>
                <span class="count number">{rows.length}&thinsp;×</span>
                <p>{text}</p>
              </li>
            ))}
          </ul>
          {plans.length > 0 && <p class="hint">{KINDS_LEGEND}.</p>}
        </div>
      )}
      <Groups title="With constants near the model’s own" groups={approximationGroups(blocks)} />
      <Groups title={`${count(left.length, 'block')} left alone`} groups={leftGroups(left)} name={({name}) => name} />
      <Groups
        title={`${count(misses.length, 'near miss', 'near misses')}, by what stands in the way`}
        groups={missGroups(misses)}
        name={({root, at}) => (root === at ? root : `${root}, stopped at ${at}`)}
      />
      <Groups title="Kept in float32" groups={alike(inFloat32, ({reason}) => reason)} name={({name}) => name} />
      <Groups
        title="Spelled otherwise, for stock TensorFlow.js cannot run it or computes it wrongly"
        groups={legalizedGroups(legalized)}
        name={({name}) => name}
      />
      <Groups
        title="Computed wrongly by TensorFlow.js, fused or not"
        groups={misreadGroups(misread)}
        name={({name}) => name}
      />
    </section>
  );
}

interface GroupsProps<Row> {
  readonly title: string;
  readonly groups: readonly Alike<Row>[];
  /** Of each row, where that says more than the group. */
  readonly name?: (row: Row) => string;
}

function Groups<Row>({title, groups, name}: GroupsProps<Row>): VNode | null {
  if (groups.length === 0) return null;
  return (
    <div class="stack tight">
      <h3>{title}</h3>
      <ul class="groups">
        {groups.map(({text, rows}) => (
          <li key={text}>
            <span class="count number">{rows.length}&thinsp;×</span>
            <div>
              <p>{text}</p>
              {name !== undefined && <Names names={rows.map(name)} />}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** More are in the JSON. */
const MAX_NAMES = 50;

/** Names are made where they are asked for: a model may have thousands. */
function Names({names}: {names: readonly string[]}): VNode {
  const [isOpen, setOpen] = useState(false);
  const shown = isOpen ? names.slice(0, MAX_NAMES) : [];
  let rest: ComponentChildren = null;
  if (isOpen && names.length > MAX_NAMES)
    rest = <li class="hint">and {names.length - MAX_NAMES} more, all in the JSON</li>;
  return (
    <details
      class="names"
      onToggle={({currentTarget}) => {
        setOpen(currentTarget.open);
      }}
    >
      <summary class="hint">{names.length === 1 ? 'Which one' : 'Which ones'}</summary>
      <ul>
        {shown.map((each) => (
          <li key={each}>
            <code>{each}</code>
          </li>
        ))}
        {rest}
      </ul>
    </details>
  );
}
