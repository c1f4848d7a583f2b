import Operators

/// When each tensor of a plan is needed, and which tensors are parts of others' memory.
struct Lifetimes {
  /// Where a tensor's bytes stand in another's.
  private struct Part {
    let whole: Int
    let byteOffset: Int
  }

  private var parts: [Int: Part] = [:]
  private var made: [Int: (step: Int, byteCount: Int)] = [:]
  private var lastUse: [Int: Int] = [:]
  /// For each tensor with memory of its own, the last step that reads it or a part of it.
  private var lastUseOfWhole: [Int: Int] = [:]
  /// Tensors whose memory outlives the run.
  private var escaping: Set<Int>
  /// Tensors whose elements change once all that read them have.
  private var overwritten: Set<Int> = []

  /// - Parameter observed: numbers of the tensors that are asked for.
  init(steps: [Plan.Step], observed: Set<Int>) {
    escaping = observed
    for (index, step) in steps.enumerated() {
      for input in step.inputs.compactMap({ $0 }) { lastUse[input] = index }
      guard let prepared = step.prepared else {
        // What a postponed step makes may be a view of what it reads.
        for input in step.inputs.compactMap({ $0 }) { escaping.insert(place(of: input).whole) }
        continue
      }
      if case .alias(let input) = prepared.body, let source = step.inputs[input] {
        parts[step.outputs[0]] = Part(whole: source, byteOffset: 0)
        if observed.contains(step.outputs[0]) { escaping.insert(place(of: source).whole) }
        continue
      }
      for (number, output) in zip(step.outputs, prepared.outputs) {
        made[number] = (index, output.shape.elementCount * output.elementType.byteCount)
      }
      if prepared.overwritesFirstInput, let whole = step.inputs[0] {
        parts[step.outputs[0]] = Part(whole: whole, byteOffset: 0)
        overwritten.insert(whole)
        if observed.contains(step.outputs[0]) { escaping.insert(whole) }
      }
    }
    for step in steps { join(step) }
    for number in made.keys { noteUse(of: number) }
    for number in parts.keys where made[number] == nil { noteUse(of: number) }
    for (index, step) in steps.enumerated() { applyInPlace(step, at: index) }
  }

  /// For each tensor with memory of its own: its bytes, and the steps from the first that writes a
  /// part of it to the last that reads one, without end where it is seen after the run.
  mutating func requests() -> [Int: (byteCount: Int, lifetime: ClosedRange<Int>)] {
    var found: [Int: (byteCount: Int, lifetime: ClosedRange<Int>)] = [:]
    for number in Set(made.keys).union(parts.keys) {
      let whole = place(of: number).whole
      guard let owner = made[whole] else { continue }
      let first = made[number]?.step ?? owner.step
      let last = escaping.contains(whole) ? .max : max(lastUse[number] ?? first, first)
      let known = found[whole]?.lifetime ?? first...last
      found[whole] = (
        owner.byteCount, min(known.lowerBound, first)...max(known.upperBound, last)
      )
    }
    return found
  }

  /// For each step, the tensors that nobody reads after it.
  func releases(stepCount: Int, keeping observed: Set<Int>) -> [[Int]] {
    var releases = [[Int]](repeating: [], count: stepCount)
    for (number, step) in lastUse where !observed.contains(number) { releases[step].append(number) }
    return releases
  }

  /// Where in a run's memory each tensor is made.
  mutating func offsets(in buffers: BufferPlan) -> [Int: Int] {
    var offsets: [Int: Int] = [:]
    for number in made.keys {
      let (whole, byteOffset) = place(of: number)
      if let start = buffers.offsets[whole] { offsets[number] = start + byteOffset }
    }
    return offsets
  }

  /// Has a step's inputs made in their places in its output.
  private mutating func join(_ step: Plan.Step) {
    guard let prepared = step.prepared, let counts = prepared.putsTogether?.parts.elementCounts,
      let result = step.outputs.first, !overwritten.contains(result)
    else { return }
    var byteOffset = 0
    for (input, count) in zip(step.inputs, counts) {
      let byteCount = count * prepared.outputs[0].elementType.byteCount
      if let input { join(input, into: result, byteOffset: byteOffset, byteCount: byteCount) }
      byteOffset += byteCount
    }
  }

  private mutating func join(_ input: Int, into result: Int, byteOffset: Int, byteCount: Int) {
    let (whole, offset) = place(of: input)
    guard offset == 0, let owner = made[whole], owner.byteCount == byteCount,
      !escaping.contains(whole), place(of: result).whole != whole
    else { return }
    parts[whole] = Part(whole: result, byteOffset: byteOffset)
  }

  /// Has the input of a function of each element made where the result is, if nobody reads it later.
  private mutating func applyInPlace(_ step: Plan.Step, at index: Int) {
    guard step.prepared?.activation != nil, step.inputs.count == 1, let input = step.inputs[0],
      let result = step.outputs.first, let owner = made[input], parts[input] == nil,
      owner.byteCount == made[result]?.byteCount, !escaping.contains(input),
      !overwritten.contains(input), lastUse[input] == index, lastUseOfWhole[input] == index
    else { return }
    let whole = place(of: result).whole
    guard whole != input else { return }
    parts[input] = Part(whole: result, byteOffset: 0)
    lastUseOfWhole[whole] = max(lastUseOfWhole[whole] ?? 0, index)
  }

  private mutating func noteUse(of number: Int) {
    guard let last = lastUse[number] else { return }
    let whole = place(of: number).whole
    lastUseOfWhole[whole] = max(lastUseOfWhole[whole] ?? 0, last)
  }

  /// Follows the parts to the tensor whose memory they stand in; what was passed then points there, so
  /// that a long chain is followed once.
  private mutating func place(of number: Int) -> (whole: Int, byteOffset: Int) {
    var passed: [(number: Int, byteOffset: Int)] = []
    var (whole, byteOffset) = (number, 0)
    while let part = parts[whole] {
      passed.append((whole, byteOffset))
      whole = part.whole
      byteOffset += part.byteOffset
    }
    for (number, before) in passed.dropLast() {
      parts[number] = Part(whole: whole, byteOffset: byteOffset - before)
    }
    return (whole, byteOffset)
  }
}
