import Foundation
import Interpreter
import Kernels
import ONNXGraph
import Tensors
import Testing

/// Graphs rewritten to round as an engine of a narrower format.
struct SimulationTests {
  private static let inputShape: Shape = [1, 3, 6, 8]

  private func run(_ model: Model, _ input: Tensor) throws -> Tensor {
    let name = model.graph.inputs[0].name
    let resolved = try ResolvedGraph(model, inputs: [name: .init(input.elementType, input.shape)])
    return try Plan(resolved).run([name: input]).values.first!
  }

  private var input: Tensor {
    Tensor(
      (0..<Self.inputShape.elementCount).map { Float(sin(Double($0) * 0.7)) },
      shape: Self.inputShape)
  }

  /// Convolution, SiLU, a residual and a resize, in float32 or, with the same numbers rounded, in a
  /// 16-bit type between two casts.
  private func network(in type: ElementType) -> Model {
    let code: Int64 = type == .float16 ? 10 : type == .bfloat16 ? 16 : 1
    func constant(_ values: [Float], _ shape: Shape) -> Tensor {
      switch type {
      case .float16: Tensor(values.map { Half($0) }, shape: shape)
      case .bfloat16: Tensor(values.map { BFloat16($0) }, shape: shape)
      default: Tensor(values, shape: shape)
      }
    }
    let weights = (0..<27 * 3).map { Float(cos(Double($0) * 1.3)) }
    let nodes = [
      Node(
        operatorType: "Cast", inputs: ["x"], outputs: ["in"], attributes: ["to": .int(code)]),
      Node(
        operatorType: "Conv", inputs: ["in", "w", "b"], outputs: ["conv"],
        attributes: ["pads": .ints([1, 1, 1, 1])]),
      Node(operatorType: "Sigmoid", inputs: ["conv"], outputs: ["gate"]),
      Node(operatorType: "Mul", inputs: ["conv", "gate"], outputs: ["silu"]),
      Node(operatorType: "Add", inputs: ["silu", "in"], outputs: ["sum"]),
      Node(operatorType: "Resize", inputs: ["sum", "", "scales"], outputs: ["up"]),
      Node(operatorType: "Mul", inputs: ["up", "factor"], outputs: ["scaled"]),
      Node(
        operatorType: "Cast", inputs: ["scaled"], outputs: ["y"], attributes: ["to": .int(1)]),
    ]
    return Model(
      opsets: ["": 13],
      graph: Graph(
        inputs: [
          ValueInfo(
            name: "x", elementType: .float32, dimensions: Self.inputShape.map(Dimension.fixed))
        ], outputs: [ValueInfo(name: "y", elementType: .float32)],
        initializers: [
          "w": constant(weights, [3, 3, 3, 3]), "b": constant([0.1, 0.2, 0.3], [3]),
          "scales": Tensor([1, 1, 2, 2] as [Float]), "factor": constant([1 / 3], [1]),
        ], nodes: nodes))
  }

  @Test(arguments: [(NarrowFormat.fp16, ElementType.float16), (.bf16, .bfloat16)])
  func `gives the bits of a graph in that type`(_ format: NarrowFormat, _ type: ElementType) throws
  {
    let simulated = try run(network(in: .float32).simulating(format), input)
    #expect(simulated == (try run(network(in: type), input)))
    #expect(simulated != (try run(network(in: .float32), input)))
  }

  @Test func `products of tf32 are exact in float64`() throws {
    let found = try run(network(in: .float32).simulating(.tf32), input)
    func rounded(_ tensor: Tensor) -> Tensor {
      let bits = tensor.elements(of: Float.self).map(\.bitPattern)
      return Tensor(
        bits.map { Float(bitPattern: ($0 + 0xfff + ($0 >> 13 & 1)) & ~0x1fff) },
        shape: tensor.shape)
    }
    // The convolution of rounded numbers, and all that follows as it was.
    var exact = network(in: .float32)
    exact.graph.initializers["w"] = rounded(exact.graph.initializers["w"]!)
    exact.graph.initializers["rounded x"] = rounded(input)
    exact.graph.nodes[1].inputs[0] = "rounded x"
    let expected = try run(exact.inFloat64(), input).elements(of: Double.self)
    let errors = zip(found.elements(of: Float.self), expected).map { abs(Double($0) - $1) }
    #expect(errors.max()! < 1e-6)
    let plain = try run(network(in: .float32), input).elements(of: Float.self)
    #expect(zip(plain, expected).contains { abs(Double($0) - $1) > 1e-4 })
  }

  /// 4099 is no value of float16 or bfloat16.
  @Test(arguments: [NarrowFormat.fp16, .bf16])
  func `what depends on shapes alone is exact`(_ format: NarrowFormat) throws {
    let nodes = [
      Node(operatorType: "Shape", inputs: ["x"], outputs: ["shape"]),
      Node(
        operatorType: "Cast", inputs: ["shape"], outputs: ["sizes"], attributes: ["to": .int(1)]),
      Node(operatorType: "Add", inputs: ["sizes", "one"], outputs: ["more"]),
      Node(
        operatorType: "Cast", inputs: ["more"], outputs: ["long"], attributes: ["to": .int(7)]),
      Node(operatorType: "Expand", inputs: ["x", "long"], outputs: ["y"]),
    ]
    let model = Model(
      opsets: ["": 13],
      graph: Graph(
        inputs: [ValueInfo(name: "x", elementType: .float32, dimensions: [.fixed(1)])],
        outputs: [ValueInfo(name: "y")],
        initializers: ["one": Tensor(scalar: Float(4098))], nodes: nodes))
    #expect(try run(model.simulating(format), Tensor([1] as [Float])).shape == [4099])
  }

  @Test func `only the named tensors are rounded`() throws {
    let model = network(in: .float32)
    let rounded = model.rounding(["silu"], to: .fp16)
    func observe(_ model: Model, _ name: String) throws -> Tensor {
      let resolved = try ResolvedGraph(model, inputs: ["x": .init(.float32, Self.inputShape)])
      return try Plan(resolved, observing: [name]).run(["x": input])[name]!
    }
    #expect(try observe(rounded, "conv") == observe(model, "conv"))
    let silu = try observe(model, "silu")
    let expected = silu.elements(of: Float.self).map { Half($0).float }
    #expect(try observe(rounded, "silu") == Tensor(expected, shape: silu.shape))
  }
}
