import Kernels
import Synchronization
import Tensors

/// `Conv`: grouped, strided, dilated convolution over one to three spatial dimensions;
/// opsets 1, 11, 22.
///
/// X `[N, C, D1…]`, W `[M, C/group, k1…]`, B `[M]` → Y `[N, M, o1…]`.
package enum Conv: ArithmeticOperator {
  package static let type = "Conv"
  package static let accumulates = true
  package static let mixesChannels = true

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...3)
    let x = try node.operand(0)
    let weights = try node.operand(1)
    let bias = node.optionalOperand(2)
    guard let type = x.elementType.floatingType, weights.elementType == x.elementType,
      bias == nil || bias?.elementType == x.elementType
    else {
      throw OperatorError("X, W and B must have one floating-point type")
    }
    let geometry = try Self.geometry(&node, x: x.shape, weights: weights.shape)
    if let bias, bias.shape != [weights.shape[0]] {
      throw OperatorError(
        "B is \(bias.shape), expected [\(weights.shape[0])] as W has output channels")
    }
    let spatial = geometry.output.dimensions.suffix(x.shape.rank - 2)
    let shape = try Shape(validating: [x.shape[0], weights.shape[0]] + spatial)
    let constants = weights.value.flatMap { value in
      bias == nil || bias?.value != nil ? ConstantWeights(value, bias?.value) : nil
    }
    let operands = Operands(shape: shape, hasBias: bias != nil, constants: constants)
    guard type == Float.self else { return blas(Double.self, geometry, operands) }
    let packed: [any PackedConvolution.Type] =
      switch node.convolution {
      case .fastest: [WinogradConvolution.self, DirectConvolution.self]
      case .direct: [DirectConvolution.self]
      case .blas: []
      }
    return packed.lazy.compactMap { packedWeights($0, geometry, operands) }.first
      ?? blas(Float.self, geometry, operands)
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0), let weight = node.input(1)?.shape,
      weight.count == input.shape.count, let kernel = Array(weight.dropFirst(2)).fixed,
      let places = node.windowPlaces(over: input.shape, kernel: kernel)
    else { return nil }
    return [SymbolicTensor(input.elementType, [input.shape[0], weight[0]] + places)]
  }

  private static func geometry(
    _ node: inout NodeReader, x: Shape, weights: Shape
  ) throws -> ConvolutionGeometry {
    guard (3...5).contains(x.rank), weights.rank == x.rank else {
      throw OperatorError(
        "X is \(x) and W \(weights), expected [N,C,…] and [M,C/group,…] of equal rank 3 to 5")
    }
    let group = try node.int("group") ?? 1
    guard group >= 1, weights[0] % group == 0, x[1] % group == 0, x[1] / group == weights[1] else {
      throw OperatorError(
        "\(x[1]) input channels in \(group) groups do not fit W \(weights), "
          + "expected [M,\(group >= 1 ? x[1] / group : 0),…] with M a multiple of the groups")
    }
    let kernel = Array(weights.dimensions[2...])
    if let declared = try node.ints("kernel_shape"), declared != kernel {
      throw OperatorError("attribute kernel_shape is \(declared), but W is \(weights)")
    }
    let window = try node.window(over: Array(x.dimensions[2...]), kernel: kernel)
    return ConvolutionGeometry(
      batch: x[0], groups: group, inputChannels: weights[1],
      outputChannels: weights[0] / group, input: Extent(x.dimensions[2...], filler: 1),
      output: Extent(window.output[...], filler: 1), kernel: Extent(kernel[...], filler: 1),
      stride: Extent(window.strides[...], filler: 1),
      dilation: Extent(window.dilations[...], filler: 1),
      padding: Extent(window.padsBegin[...], filler: 0))
  }

  private struct Operands {
    let shape: Shape
    let hasBias: Bool
    /// Weights, and a bias where there is one, that are the same at every run.
    let constants: ConstantWeights?
  }

  private static func packedWeights(
    _ type: any PackedConvolution.Type, _ geometry: ConvolutionGeometry, _ operands: Operands,
    activation: Activation? = nil
  ) -> PreparedNode? {
    guard let convolution = type.init(geometry: geometry, activation: activation) else {
      return nil
    }
    let workspaceBytes = convolution.workspaceBytesPerWorker
    let constants = operands.constants
    var node = PreparedNode(
      .float32, operands.shape, multiplyAdds: geometry.multiplyAdds
    ) { run in
      let weights: PackedWeights
      if let constants {
        weights = constants.packed(for: convolution, on: run.team)
      } else {
        let bias = operands.hasBias ? run.inputs[2] : nil
        weights = convolution.packed(run.inputs[1]!, bias, on: run.team)
      }
      convolution(
        input: run.input(0).baseAddress!, weights: weights, output: run.output().baseAddress!,
        team: run.team
      ) { run.workspace(ofWorker: $0, bytesPerWorker: workspaceBytes) }
    }
    node.workspaceBytesPerWorker = workspaceBytes
    node.holdsConstants = constants != nil
    if constants != nil {
      node.heldBytes = convolution.packedByteCount
    } else {
      node.scratchBytes = convolution.packedByteCount
    }
    if let constants {
      node.prepareConstants = { _ = constants.packed(for: convolution, on: $0) }
    }
    if activation == nil {
      node.applying = { packedWeights(type, geometry, operands, activation: $0)! }
    }
    return node
  }

  private static func blas<T: BLASElement & FloatingElement>(
    _ type: T.Type, _ geometry: ConvolutionGeometry, _ operands: Operands,
    activation: Activation? = nil
  ) -> PreparedNode {
    let convolution = BLASConvolution<T>(geometry: geometry, activation: activation)
    let workspaceBytes = convolution.workspaceBytesPerWorker
    var node = PreparedNode(T.elementType, operands.shape, multiplyAdds: geometry.multiplyAdds) {
      run in
      try convolution(
        input: run.input(0, of: T.self).baseAddress!, weights: run.input(1).baseAddress!,
        bias: operands.hasBias ? run.input(2).baseAddress : nil,
        output: run.output().baseAddress!, team: run.team
      ) { run.workspace(ofWorker: $0, bytesPerWorker: workspaceBytes) }
    }
    node.workspaceBytesPerWorker = workspaceBytes
    if activation == nil {
      node.applying = { blas(type, geometry, operands, activation: $0) }
    }
    return node
  }
}

/// Weights and bias that are packed once, when they are first needed, whichever activation is
/// applied, and then let go as they were, with what they take of a mapped file.
private final class ConstantWeights: Sendable {
  private enum State: Sendable {
    case given(weights: Tensor, bias: Tensor?)
    case packed(PackedWeights)
  }

  private let state: Mutex<State>

  init(_ weights: Tensor, _ bias: Tensor?) { state = Mutex(.given(weights: weights, bias: bias)) }

  func packed(for convolution: any PackedConvolution, on team: ThreadTeam) -> PackedWeights {
    state.withLock { state in
      switch state {
      case .packed(let packed): return packed
      case .given(let weights, let bias):
        let packed = convolution.packed(weights, bias, on: team)
        state = .packed(packed)
        weights.storage.releaseFilePages()
        return packed
      }
    }
  }
}

extension PackedConvolution {
  fileprivate func packed(_ weights: Tensor, _ bias: Tensor?, on team: ThreadTeam) -> PackedWeights
  {
    weights.withUnsafeBytes { weights in
      packed(
        weights: weights.baseAddress!, bias: bias?.unsafeElements(of: Float.self).baseAddress,
        team: team)
    }
  }
}

private typealias Extent = ConvolutionGeometry.Extent

extension ConvolutionGeometry.Extent {
  /// One to three extents, outermost first, with `filler` for the leading ones that are missing.
  fileprivate init(_ extents: ArraySlice<Int>, filler: Int) {
    let padded = [Int](repeating: filler, count: 3 - extents.count) + extents
    self.init(padded[0], padded[1], padded[2])
  }

  fileprivate var dimensions: [Int] { [depth, height, width] }
}
