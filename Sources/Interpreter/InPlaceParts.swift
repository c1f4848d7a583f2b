import Operators

/// Leaves where they are the parts of a tensor that are taken out of it and put back unchanged.
///
/// A YOLO decode splits boxes off the scores, computes the boxes and concatenates all again: the
/// scores, most of the tensor, need not move, and the boxes are written over what they were made of.
struct InPlaceParts {
  private let kept: Set<Int>
  private var steps: [Plan.Step?]
  private var readers: [Int: [Int]] = [:]
  private var makers: [Int: Int] = [:]
  private var overwritten: Set<Int> = []

  /// - Parameter kept: numbers of tensors that are asked for.
  static func applied(to steps: [Plan.Step], keeping kept: Set<Int>) -> [Plan.Step] {
    var parts = InPlaceParts(steps, keeping: kept)
    for index in steps.indices { parts.putTogetherInPlace(at: index) }
    return parts.steps.compactMap { $0 }
  }

  private init(_ steps: [Plan.Step], keeping kept: Set<Int>) {
    self.steps = steps
    self.kept = kept
    for (index, step) in steps.enumerated() {
      for input in step.inputs.compactMap({ $0 }) { readers[input, default: []].append(index) }
      for output in step.outputs { makers[output] = index }
    }
  }

  private mutating func putTogetherInPlace(at index: Int) {
    guard let step = steps[index], let together = step.prepared?.putsTogether else { return }
    let sources = step.inputs.indices.map { unmovedSource(ofInput: $0, at: index) }
    guard let whole = sources.compactMap({ $0 }).first, mayBeOverwritten(whole, at: index) else {
      return
    }
    let moved = sources.indices.filter { sources[$0] != whole }
    for place in sources.indices where sources[place] == whole {
      leaveOut(step.inputs[place]!)
    }
    overwritten.insert(whole)
    steps[index] = Plan.Step(
      node: step.node, inputs: [whole] + moved.map { step.inputs[$0] }, outputs: step.outputs,
      action: .prepared(together.overwriting(moved)))
  }

  /// The tensor that has the input where the step would put it, when nothing else reads the input.
  private func unmovedSource(ofInput place: Int, at index: Int) -> Int? {
    guard let step = steps[index], let together = step.prepared?.putsTogether,
      let input = step.inputs[place], !kept.contains(input), readers[input] == [index],
      let maker = makers[input].flatMap({ steps[$0] }), let apart = maker.prepared?.takesApart,
      let output = maker.outputs.firstIndex(of: input), apart.parts.whole == together.parts.whole,
      apart.parts.axis == together.parts.axis,
      apart.parts.ranges[output] == together.parts.ranges[place]
    else { return nil }
    return maker.inputs[0]
  }

  /// Whether a tensor's memory is its own, and read before a step for its parts alone.
  private func mayBeOverwritten(_ tensor: Int, at index: Int) -> Bool {
    guard !kept.contains(tensor), !overwritten.contains(tensor),
      let maker = makers[tensor].flatMap({ steps[$0]?.prepared }), case .compute = maker.body,
      !maker.overwritesFirstInput
    else { return false }
    return readers[tensor]!.allSatisfy { reader in
      guard let step = steps[reader] else { return true }
      return reader < index && step.prepared?.takesApart != nil
        && !step.inputs.dropFirst().contains(tensor)
    }
  }

  private mutating func leaveOut(_ part: Int) {
    guard let index = makers[part], let step = steps[index], let apart = step.prepared?.takesApart
    else { return }
    let places = step.outputs.indices.filter { step.outputs[$0] != part }
    steps[index] =
      places.isEmpty
      ? nil
      : Plan.Step(
        node: step.node, inputs: step.inputs, outputs: places.map { step.outputs[$0] },
        action: .prepared(apart.making(places)))
  }
}
