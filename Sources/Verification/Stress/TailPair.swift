import Detection
import Interpreter
import Kernels
import ONNXGraph
import Tensors

/// The ends of two graphs, cut off at their head maps so that both can be fed made-up ones.
struct TailPair {
  /// For each graph the maps that are fed: logits, `[N, a*c, H, W]`, finest first.
  let heads: Pair<[HeadMap]>
  /// The batch of the maps.
  let batch: Int
  /// Operators of the nodes that only one of the ends has.
  let unsharedOperators: Set<String>

  private let elementTypes: Pair<[ElementType]>
  /// For each graph, what else its end reads: the image, for its shape.
  private let images: Pair<[String: Tensor]>
  private let plan: PairedPlan

  /// - Parameters:
  ///   - inputs: the graphs' image inputs.
  ///   - images: for each graph, a tensor to feed it.
  ///   - sharing: whether what both ends compute is computed once.
  ///   - cut: for each graph, tensors to be fed in the place of its head maps, finest first.
  /// - Throws: why the ends cannot be cut off, or not at the same maps.
  init(
    _ models: Pair<LoadedModel>, _ endings: Pair<Ending>, _ lookups: Pair<TensorLookup>,
    _ inputs: Pair<ImageInput>, _ images: Pair<Tensor>, sharing: Bool,
    cut: Pair<[String]>? = nil
  ) throws(Refusal) {
    let cuts = Pair(original: cut?.original, patched: cut?.patched)
    let ends = try models.with(endings).with(lookups).with(inputs.with(images)).with(cuts).map {
      (side) throws(Refusal) in
      let ((((model, ending), lookup), (input, image)), cut) = side
      return try Tail(model, ending, lookup, image: (input.name, image), cut: cut)
    }
    guard ends.original.isFed(like: ends.patched) else {
      throw Refusal("the head maps of the two graphs have different shapes")
    }
    heads = ends.map(\.heads)
    batch = ends.original.batch
    guard batch > 0 else { throw Refusal("the head maps are of no image") }
    elementTypes = ends.map(\.elementTypes)
    self.images = ends.map(\.images)

    var pairs = zip(ends.original.heads, ends.patched.heads).map {
      Pair(original: $0.name, patched: $1.name)
    }
    if let original = ends.original.images.keys.first, let patched = ends.patched.images.keys.first
    {
      pairs.append(Pair(original: original, patched: patched))
    }
    let joint = JointGraph(ends.map(\.model.model), pairedInputs: pairs)
    unsharedOperators = joint.unsharedOperators
    let run = try PairedRun(
      ends.map(\.model), joint: sharing ? joint : nil, inputs: ends.map(\.descriptions))
    plan = try run.plan(observing: endings.map(\.tensorsOfEnd))
  }

  /// Whether both graphs, joined, compute the same head maps.
  func areProven(in joint: JointGraph) -> Bool {
    zip(heads.original, heads.patched).allSatisfy { original, patched in
      joint.names.original[original.name] == joint.names.patched[patched.name]
    }
  }

  /// What both ends make of head maps of float32 logits, rounded to the narrower of the types that
  /// the graphs take; with what was fed.
  func run(
    _ logits: [Tensor], on team: ThreadTeam
  ) throws(Refusal) -> (results: Pair<[String: Tensor]>, fed: [Tensor]) {
    let types = zip(elementTypes.original, elementTypes.patched)
    let fed = zip(logits, types).map { map, types in
      map.rounded(to: types.0.byteCount <= types.1.byteCount ? types.0 : types.1)
    }
    let feeds = heads.with(elementTypes).with(images).map { side in
      let ((heads, types), images) = side
      let maps = zip(heads, zip(fed, types)).map { ($0.name, $1.0.converted(to: $1.1)) }
      return images.merging(maps) { $1 }
    }
    return (try plan.run(feeds, on: team), fed)
  }
}
