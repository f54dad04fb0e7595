// The model: the factors of a new user, scores, and the part of each rating in a score.
// The formulas are those of docs/als.md. Nothing here reads or changes the document.

/** Decode the factors, and compute the matrix that adds all pairs to the objective. */
function readModel(content) {
  const text = atob(content.factors);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const whole = new Int16Array(bytes.buffer); // little-endian, like the machines of all browsers
  const width = content.steps.length;
  const factors = new Float32Array(whole.length);
  for (let i = 0; i < whole.length; i++) factors[i] = whole[i] * content.steps[i % width];
  const model = { ...content, factors, width, count: whole.length / width };
  model.gram = gramMatrix(model, content.settings.weightOfAllPairs);
  return model;
}

/** Return weight · MᵀM, of which only the lower triangle is filled. */
function gramMatrix({ factors, width }, weight) {
  const gram = new Float64Array(width * width);
  if (!weight) return gram;
  for (let start = 0; start < factors.length; start += width) {
    for (let i = 0; i < width; i++) {
      const factor = weight * factors[start + i];
      for (let j = 0; j <= i; j++) gram[i * width + j] += factor * factors[start + j];
    }
  }
  return gram;
}

/** Return the factors of a movie as a user's are multiplied by: a 1 replaces the movie's bias. */
function movieRow(model, movie) {
  const row = Float64Array.from(
    model.factors.subarray(movie * model.width, (movie + 1) * model.width),
  );
  if (model.settings.biases) row[0] = 1;
  return row;
}

/** Return the observations of a fit, {movie, value}, from a map of movies to ratings. */
function observationsOf(model, ratings) {
  const { settings, scale } = model;
  const observations = [];
  const bias = userBias(model, ratings);
  for (const [movie, rating] of ratings) {
    let value = settings.likeValue; // events: a like
    if (scale && settings.feedback === "explicit") {
      const baseline = model.dampedBiases
        ? settings.globalMean + bias + model.dampedBiases[movie]
        : 0;
      value = (rating - baseline) / settings.spread;
    } else if (scale && rating >= scale.relevant) {
      value = 1;
    } else if (scale && settings.feedback === "graded") {
      value = Math.min((rating - scale.min) / Math.max(scale.relevant - scale.min, 1e-9), 1);
    } else if (scale) {
      continue; // implicit feedback has no place for a movie that the user did not like
    }
    observations.push({ movie, value });
  }
  return observations;
}

/** Return the damped bias of a user, which is subtracted from the ratings before a fit. */
function userBias({ settings, dampedBiases }, ratings) {
  if (!dampedBiases || !ratings.size) return 0;
  let total = 0;
  for (const [movie, rating] of ratings) {
    total += rating - settings.globalMean - dampedBiases[movie];
  }
  return total / (ratings.size + settings.damping);
}

/** Return the target and the weight of an observed pair (confidence.py). */
function targetAndWeight({ feedback, alpha }, value) {
  if (feedback !== "implicit") return [value, 1];
  if (alpha === null) return [1, value];
  return [(1 + alpha * value) / (alpha * value), alpha * value];
}

/**
 * Fold in a user: solve (w·MᵀM + Σ a·m·mᵀ + λ·I) u = Σ a·b·m over the observed movies m.
 *
 * If all values are 0, the solution is 0 and orders no movies, so `isPersonal` is false.
 */
function foldIn(model, ratings) {
  const { settings, width } = model;
  const matrix = model.gram.slice();
  const right = new Float64Array(width);
  const observations = observationsOf(model, ratings);
  const pulls = observations.map(({ movie, value }) => {
    const row = movieRow(model, movie);
    let [target, weight] = targetAndWeight(settings, value);
    if (settings.biases) target -= model.factors[movie * width];
    const pull = row.map((factor) => weight * target * factor);
    for (let i = 0; i < width; i++) {
      right[i] += pull[i];
      for (let j = 0; j <= i; j++) matrix[i * width + j] += weight * row[i] * row[j];
    }
    return { movie, pull };
  });
  const missing = settings.unobservedWeight * model.count;
  const ridge = settings.reg * (pulls.length + missing) ** settings.regExponent;
  for (let i = 0; i < width; i++) matrix[i * width + i] += ridge;
  const lower = factorise(matrix, width);
  const factors = substitute(lower, right);
  const isPersonal = observations.some(({ value }) => value !== 0);
  return { pulls, lower, factors, bias: userBias(model, ratings), isPersonal };
}

/** Return the lower triangle L with L·Lᵀ = matrix (Cholesky). */
function factorise(matrix, width) {
  const lower = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * width + j];
      for (let k = 0; k < j; k++) sum -= lower[i * width + k] * lower[j * width + k];
      lower[i * width + j] = i === j ? Math.sqrt(sum) : sum / lower[j * width + j];
    }
  }
  return lower;
}

/** Return x with L·Lᵀ x = right. */
function substitute(lower, right) {
  const width = right.length;
  const x = right.slice();
  for (let i = 0; i < width; i++) {
    for (let k = 0; k < i; k++) x[i] -= lower[i * width + k] * x[k];
    x[i] /= lower[i * width + i];
  }
  for (let i = width - 1; i >= 0; i--) {
    for (let k = i + 1; k < width; k++) x[i] -= lower[k * width + i] * x[k];
    x[i] /= lower[i * width + i];
  }
  return x;
}

/** Return the part of a score that does not depend on the ratings of single movies. */
function baselineOf(model, user, movie) {
  const { settings, dampedBiases } = model;
  const bias = settings.biases ? settings.spread * model.factors[movie * model.width] : 0;
  return bias + (dampedBiases ? settings.globalMean + user.bias + dampedBiases[movie] : 0);
}

/** Return the score of every movie. */
function scoresOf(model, user) {
  const { factors, width, settings } = model;
  const scores = new Float64Array(model.count);
  for (let movie = 0; movie < model.count; movie++) {
    let sum = settings.biases ? user.factors[0] : 0;
    for (let k = settings.biases ? 1 : 0; k < width; k++) {
      sum += user.factors[k] * factors[movie * width + k];
    }
    scores[movie] = settings.spread * sum + baselineOf(model, user, movie);
  }
  return scores;
}

/** Return the part of each rating in the score of a movie, largest first; they add up to it. */
function partsOf(model, user, movie) {
  const solved = substitute(user.lower, movieRow(model, movie));
  return user.pulls
    .map(({ movie: rated, pull }) => ({
      movie: rated,
      part: model.settings.spread * pull.reduce((sum, value, k) => sum + value * solved[k], 0),
    }))
    .sort((a, b) => b.part - a.part);
}

/** Return the movies that match, best first; `novelty` reorders them (order.js). */
function rank(model, scores, novelty, matches) {
  const movies = [];
  for (let movie = 0; movie < model.count; movie++) if (matches(movie)) movies.push(movie);
  movies.sort((a, b) => scores[b] - scores[a] || a - b);
  return reordered(movies, novelty, (movie) => model.counts[movie]);
}
