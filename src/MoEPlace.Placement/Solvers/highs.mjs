// Solves one mixed-integer program with HiGHS: a JSON object on stdin, a JSON object on stdout. The package `highs` is looked for in
// node_modules of this folder and of those above it. Bounds of 1e30 and beyond stand for infinity, which JSON cannot say.
import { readFileSync } from 'node:fs';

const answer = (object) => process.stdout.write(JSON.stringify(object));

async function load() {
  try {
    return (await import('highs')).default;
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return null;
  }
}

const finite = (value) => (Number.isFinite(value) && Math.abs(value) < 1e30 ? value : null);

function solve(highs, program, options) {
  const bounds = (values) =>
    Float64Array.from(values, (v) => (v >= 1e30 ? highs.infinity : v <= -1e30 ? -highs.infinity : v));
  const model = highs.createModel();
  model.options.set({ output_flag: false });
  model.options.set({
    time_limit: options.timeLimitSeconds,
    mip_max_nodes: options.nodeLimit,
    mip_rel_gap: options.relativeGap,
  });
  const rows = program.rowLower.length;
  const columns = program.columnLower.length;
  model.passModel({
    numCols: columns,
    numRows: rows,
    colCost: program.objective,
    colLower: bounds(program.columnLower),
    colUpper: bounds(program.columnUpper),
    rowLower: bounds(program.rowLower),
    rowUpper: bounds(program.rowUpper),
    matrix: {
      format: 'csr',
      numRows: rows,
      numCols: columns,
      starts: program.rowStart,
      indices: program.indices,
      values: program.coefficients,
    },
    integrality: program.isInteger,
  });
  if (options.start.length > 0) model.setSolution({ colValue: options.start });
  const names = highs.constants.modelStatus;
  const code = (name) => names[name];
  model.run();
  if (model.getModelStatus() === code('unboundedOrInfeasible')) {
    // Presolve found that it is one of the two; the simplex method tells which.
    model.options.set({ presolve: 'off' });
    model.run();
  }
  const status = model.getModelStatus();
  const found = model.info.get('primal_solution_status') === highs.constants.solutionStatus.feasible;
  const isMip = program.isInteger.includes(1);
  return {
    status: Object.keys(names).find((name) => names[name] === status),
    found,
    bound: isMip ? finite(model.info.get('mip_dual_bound')) : status === code('optimal') ? model.getObjectiveValue() : null,
    nodes: isMip ? Math.max(0, Number(model.info.get('mip_node_count'))) : 0,
    values: found ? Array.from(model.getSolution().colValue) : [],
  };
}

const loadHighs = await load();
if (loadHighs === null) {
  answer({ missing: 'highs' });
} else {
  const { program, options } = JSON.parse(readFileSync(0, 'utf8'));
  answer(solve(await loadHighs(), program, options));
}
