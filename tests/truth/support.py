# SPDX-License-Identifier: Apache-2.0
"""Agreement of `mlinspect support` with what coremltools 9.0 really did.

    support.py MLINSPECT ORACLE [--list] [--format=pt2] [--held] [--json=DIR] [ID...]

Every row of ORACLE/cases.tsv is asked as one command line. Levels as in the oracle's
README: outcome; stage and reason; kind and scope of the first blocker; the set of kinds
without a converter. --held counts every fifth model alone, --train the others. With
--json=DIR the programs of .pt2 files lie there as NAME.json. Prints tables; with
--floor=PERCENT it fails when the outcome agrees less often, with --stops=PERCENT when the
operator and the reason that stop it do."""
import collections, concurrent.futures, csv, json, os, subprocess, sys

csv.field_size_limit(10 ** 9)
KEYS = {'target': 'target', 'convert_to': 'convert-to', 'precision': 'precision',
        'outputs': 'outputs'}


def split(text):
    """The inputs of a row: commas outside brackets."""
    out, deep, one = [], 0, ''
    for c in text:
        deep += c in '[({'
        deep -= c in '])}'
        if c == ',' and deep == 0:
            out.append(one)
            one = ''
        else:
            one += c
    return out + [one] if one else out


def command(row, program, oracle, programs):
    path = os.path.join(oracle, row['model'])
    if programs and row['format'] == 'pt2':
        path = os.path.join(programs, os.path.basename(path) + '.json')
    args, states, none = [], [], False
    for option in row['options'].split():
        key, value = option.split('=', 1)
        if key in KEYS:
            args.append('--%s=%s' % (KEYS[key], value))
        elif key == 'inputs':
            none = value == 'none'
        elif key == 'classifier':
            args.append('--labels=' + value)
        elif key == 'pipeline':
            args.append('--passes=' + value)
        else:
            args.append('--with=%s=%s' % (key, value))
    for one in [] if row['inputs'] == '-' else split(row['inputs']):
        if one.startswith('state:'):
            states.append(one)
        elif not none or row['format'] != 'pt2':
            args.append('--input=' + one)
    if none and row['format'] != 'pt2' or row['inputs'] == '-':
        args.append('--input=none')
    if states:
        args.append('--states=' + ','.join(states))
    return [program, '--batch', '--format=json', '-e', 'support'] + args + [path]


def ask(job):
    row, args = job
    try:
        done = subprocess.run(args, capture_output=True, timeout=60)
        answer = json.loads(done.stdout.decode('utf-8', 'replace'))['result']
        if answer is None:
            answer = {'outcome': 'unknown', 'stops_at': None, 'blockers': [], 'error': True}
        if done.returncode < 0:
            answer['outcome'] = 'crash'
    except Exception as e:
        answer = {'outcome': 'crash', 'stops_at': None, 'blockers': [],
                  'error': '%s %s' % (e, done.stderr[-200:] if 'done' in dir() else '')}
    return row, answer


def plain(scope):
    """Without the parts that torch writes for calls of functions and of self."""
    return '.'.join(p for p in scope.split('.') if p and p != 'SELF' and 'UNKNOWN_' not in p)


def same_scope(have, want):
    """Containers may be missing: compared by subsequence."""
    have, want = [plain(s).split('.') if plain(s) else [] for s in (have, want)]
    i = iter(have)
    return all(p in i for p in want) or not want


def missing(row):
    out = set()
    for one in row['missing'].split('; '):
        if one:
            kind, _, places = one.split(' ', 2)
            if kind == 'prim::GetAttr':  # of graphs that were never cleaned
                continue
            for p in places.split('|'):
                out.add((kind, '' if p == '.' else plain(p)))
    return out


def features(list, bare=False):
    return ' '.join((f['type'] if bare else f['name'] + ':' + f['type']) for f in list)


def judge(row, a):
    """Level by level: True, False, or None where it does not apply."""
    fails = row['outcome'] != 'converted'
    r = {'outcome': a['outcome'] == ('fails' if fails else 'converts')}
    stop = a['stops_at'] or {}
    if fails:
        r['stage'] = stop.get('stage') == row['stage']
        r['reason'] = stop.get('reason') == row['reason']
        r['op'] = stop.get('op', '') == row['kind']
        r['op+reason'] = r['op'] and r['reason']
        r['scope'] = r['op'] and same_scope(stop.get('scope', ''), row['scope'])
    elif r['outcome']:
        r['spec'] = str(a['spec_version'] or '') == row['spec_version']
        r['inputs'] = features(a['inputs']) == row['result_inputs']
        # names of unnamed values are torch's numbers: types alone are compared
        r['outputs'] = features(a['outputs'], True) == ' '.join(
            ':'.join(o.split(':')[1:]) for o in row['result_outputs'].split())
    have = {(b['op'], b['scope']) for b in a['blockers'] if b['reason'] == 'not-registered'}
    want = missing(row)
    r['kinds'] = {k for k, _ in have} == {k for k, _ in want}
    r['missing'] = have == want
    return r


def table(title, rows):
    levels = ['outcome', 'stage', 'reason', 'op', 'op+reason', 'scope', 'kinds', 'missing',
              'spec', 'inputs', 'outputs']
    print('\n%-22s %5s %7s ' % (title, 'rows', 'unknown') + ' '.join('%9s' % x for x in levels))
    groups = collections.defaultdict(list)
    for row, a, r in rows:
        groups[row['family'] + ' ' + row['format']].append((a, r))
        groups['all ' + row['format']].append((a, r))
        groups['all'].append((a, r))
    for name in sorted(groups):
        line = []
        for level in levels:
            v = [r[level] for _, r in groups[name] if level in r]
            line.append('%9s' % ('%.1f' % (100 * sum(v) / len(v)) if v else '-'))
        unknown = sum(a['outcome'] not in ('fails', 'converts') for a, _ in groups[name])
        print('%-22s %5d %7d ' % (name, len(groups[name]), unknown) + ' '.join(line))


def main():
    flags = dict((f[2:] + '=').split('=')[:2] for f in sys.argv[1:] if f.startswith('--'))
    program, oracle, *ids = [a for a in sys.argv[1:] if not a.startswith('--')]
    with open(os.path.join(oracle, 'cases.tsv'), newline='') as f:
        rows = list(csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE))
    models = sorted({r['model'] for r in rows})
    held = {m for i, m in enumerate(models) if i % 5 == 4}
    rows = [r for r in rows if ('format' not in flags or r['format'] == flags['format']) and
            ('held' not in flags or r['model'] in held) and
            ('train' not in flags or r['model'] not in held) and
            (not ids or r['id'] in ids or r['family'] in ids)]
    jobs = [(r, command(r, program, oracle, flags.get('json'))) for r in rows]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, jobs))
    judged = [(row, a, judge(row, a)) for row, a in answers]
    if 'list' in flags:
        for row, a, r in judged:
            bad = [k for k, v in r.items() if v is False and (not flags['list'] or
                   k == flags['list'])]
            if bad:
                stop = a['stops_at'] or {}
                print(row['id'], ' '.join(bad), '|', row['inputs'][:50], row['options'], '| want',
                      row['outcome'], row['stage'], row['reason'], row['kind'],
                      row['message'][:90], '| have', a['outcome'], stop.get('stage'),
                      stop.get('reason'), stop.get('op'), stop.get('message'),
                      a.get('error', ''))
    table('family', judged)
    for flag, level in ('floor', 'outcome'), ('stops', 'op+reason'):
        v = [r[level] for _, _, r in judged if level in r]
        agree = 100 * sum(v) / max(len(v), 1)
        if flag in flags and agree < float(flags[flag]):
            sys.exit('%s agrees in %.2f %% only, the floor is %s' % (level, agree, flags[flag]))


main()
