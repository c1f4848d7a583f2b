import Interpreter
import Kernels
import ONNXGraph
import Surgery
import Tensors

/// Two models run as one on seeded inputs of several shapes, their outputs held against each other.
public struct SimplificationProof: Sendable {
  /// One run.
  public struct Case: Sendable {
    /// Shapes of the inputs, in the graph's order.
    public let shapes: [[Int]]
    /// Of all outputs, the largest difference over the largest magnitude.
    public let largestError: Double
  }

  public let cases: [Case]
  public let sharing: Sharing

  /// - Parameters:
  ///   - original: the model as it was.
  ///   - simplified: the model that has to give the same outputs.
  ///   - tolerance: the error that is allowed: 0 unless weights were changed.
  ///   - threads: how many to use; all that the process may use when left out.
  /// - Throws: `SurgeryError` when a model cannot be run, nothing could be compared, or the outputs
  ///   are not equal.
  public init(
    _ original: Model, _ simplified: Model, tolerance: Double, threads: Int? = nil
  ) throws(SurgeryError) {
    guard original.graph.outputs.map(\.name) == simplified.graph.outputs.map(\.name),
      original.graph.inputs.map(\.name) == simplified.graph.inputs.map(\.name)
    else { throw SurgeryError("the proof failed: inputs and outputs are not the original's") }
    let inputs = simplified.graph.inputs.map { Pair(both: $0.name) }
    let joint = JointGraph(Pair(original: original, patched: simplified), pairedInputs: inputs)
    let team = ThreadTeam(threadCount: threads ?? ThreadTeam.availableThreads)
    sharing = joint.sharing
    var cases: [Case] = []
    do {
      for size in Self.sizes(of: simplified) {
        let descriptions = try simplified.typicalInputs(
          batch: size.batch, height: size.height, width: size.width)
        let error = try Self.error(joint, simplified, descriptions, seed: cases.count, team)
        let shapes = simplified.graph.inputs.map { descriptions[$0.name]!.shape.dimensions }
        guard error <= tolerance else {
          throw SurgeryError(
            "the proof failed: on inputs of \(shapes) outputs differ by \(error), allowed is "
              + "\(tolerance)")
        }
        cases.append(Case(shapes: shapes, largestError: error))
      }
    } catch let error as SurgeryError {
      throw error
    } catch {
      throw SurgeryError("the proof cannot be run: \(error)")
    }
    self.cases = cases
  }

  /// The most elements of an input that is made up.
  private static let largestInput = 1 << 26

  /// Sizes for open dimensions: neither square nor equal, and a batch of two.
  private static func sizes(of model: Model) -> [(batch: Int, height: Int, width: Int)] {
    let isOpen = model.graph.inputs.contains { $0.dimensions?.contains(where: \.isOpen) ?? false }
    return isOpen ? [(1, 192, 128), (2, 128, 256), (3, 64, 64)] : [(1, 640, 640)]
  }

  private static func error(
    _ joint: JointGraph, _ model: Model, _ inputs: [String: ResolvedGraph.Description], seed: Int,
    _ team: ThreadTeam
  ) throws -> Double {
    var descriptions: [String: ResolvedGraph.Description] = [:]
    var seeds: [String: UInt64] = [:]
    for (index, input) in model.graph.inputs.enumerated() {
      for name in [joint.names.original[input.name], joint.names.patched[input.name]] {
        guard let name, let description = inputs[input.name] else { continue }
        guard description.shape.elementCount <= largestInput else {
          throw SurgeryError(
            "input '\(shown: input.name)' of shape \(description.shape) is too large to be made up, "
              + "expected at most \(largestInput) elements")
        }
        descriptions[name] = description
        seeds[name] = UInt64(seed * 64 + index)
      }
    }
    let pairs = model.graph.outputs.compactMap { output -> Pair<String>? in
      guard let original = joint.names.original[output.name],
        let patched = joint.names.patched[output.name]
      else { return nil }
      return Pair(original: original, patched: patched)
    }
    guard pairs.count == model.graph.outputs.count, !pairs.isEmpty else {
      throw SurgeryError("an output of the original is gone")
    }
    let resolved = try ResolvedGraph(joint.model, inputs: descriptions)
    let plan = try Plan(resolved, observing: Set(pairs.flatMap(\.both)).sorted())
    var feed: [String: Tensor] = [:]
    for (name, seed) in seeds { feed[name] = try Tensor(seed: seed, descriptions[name]!) }
    let tensors = try plan.run(feed, on: team)
    return try pairs.map { pair in
      try tensors[pair.original]!.relativeError(to: tensors[pair.patched]!)
    }.max() ?? 0
  }
}

extension Tensor {
  /// Numbers from 0 to 1, or whole ones of 0 and 1 (SplitMix64).
  fileprivate init(seed: UInt64, _ description: ResolvedGraph.Description) throws {
    var state = seed
    let values = (0..<description.shape.elementCount).map { _ -> Float in
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return Float((z ^ (z >> 31)) >> 40) / Float(1 << 24)
    }
    switch description.elementType {
    case .float32, .float64, .float16, .bfloat16:
      self = Tensor(values, shape: description.shape).converted(to: description.elementType)
    case .int64: self = Tensor(values.map { Int64($0.rounded()) }, shape: description.shape)
    case .int32: self = Tensor(values.map { Int32($0.rounded()) }, shape: description.shape)
    case .uint8: self = Tensor(values.map { UInt8($0 * 255) }, shape: description.shape)
    case .bool: self = Tensor(values.map { $0 < 0.5 }, shape: description.shape)
    default: throw SurgeryError("an input of \(description.elementType) cannot be made up")
    }
  }

  /// The largest difference over the largest magnitude; infinite when type, shape, a NaN or a whole
  /// number differ.
  fileprivate func relativeError(to other: Tensor) throws -> Double {
    guard elementType == other.elementType, shape == other.shape else { return .infinity }
    if self == other { return 0 }
    guard elementType.isFloatingPoint else { return .infinity }
    let (a, b) = (
      try asFloat32().elements(of: Float.self), try other.asFloat32().elements(of: Float.self)
    )
    var (difference, magnitude) = (Float(0), Float(0))
    for (x, y) in zip(a, b) where x != y && !(x.isNaN && y.isNaN) {
      guard x.isFinite, y.isFinite else { return .infinity }
      difference = max(difference, abs(x - y))
    }
    for x in a where x.isFinite { magnitude = max(magnitude, abs(x)) }
    return difference == 0 ? 0 : Double(difference) / Double(max(magnitude, .leastNormalMagnitude))
  }
}
