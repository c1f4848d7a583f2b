import Foundation
import Interpreter
import Kernels
import ONNXGraph
import Tensors
import Testing

/// Weights of convolutions, which a plan keeps packed.
struct ConstantWeightsTests {
  /// Memory that tells when nobody needs it any more.
  private final class Memory {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 8 * 8 * 9 * 4, alignment: 64)

    init() {
      for (index, place) in bytes.bindMemory(to: Float.self).indices.enumerated() {
        bytes.storeBytes(of: Float(sin(Double(index))), toByteOffset: place * 4, as: Float.self)
      }
    }

    deinit { bytes.deallocate() }
  }

  private static let shape: Shape = [1, 8, 16, 16]

  private func resolved(
    weights memory: Memory, convolution: ConvolutionMethod
  ) throws -> ResolvedGraph {
    let weights = Tensor(
      elementType: .float32, shape: [8, 8, 3, 3],
      storage: TensorStorage(borrowing: UnsafeRawBufferPointer(memory.bytes), owner: memory),
      byteOffset: 0)
    let model = Model(
      opsets: ["": 13],
      graph: Graph(
        inputs: [
          ValueInfo(name: "x", elementType: .float32, dimensions: Self.shape.map(Dimension.fixed))
        ], outputs: [ValueInfo(name: "y")], initializers: ["w": weights],
        nodes: [
          Node(
            operatorType: "Conv", inputs: ["x", "w"], outputs: ["c"],
            attributes: ["pads": .ints([1, 1, 1, 1])]),
          Node(operatorType: "Relu", inputs: ["c"], outputs: ["y"]),
        ]))
    return try ResolvedGraph(
      model, inputs: ["x": .init(.float32, Self.shape)], convolution: convolution)
  }

  private static let input = Tensor(
    (0..<shape.elementCount).map { Float(cos(Double($0) * 0.3)) }, shape: shape)

  private func output(_ plan: Plan) throws -> [Float] {
    try plan.run(["x": Self.input])["y"]!.elements(of: Float.self)
  }

  @Test(
    "let go of once they are packed, but by BLAS, which reads them as they are",
    arguments: ConvolutionMethod.allCases)
  func weightsAreLetGo(_ convolution: ConvolutionMethod) throws {
    var memory: Memory? = Memory()
    weak let weights = memory
    let plan = try Plan(resolved(weights: memory!, convolution: convolution))
    memory = nil
    #expect(weights != nil)
    let first = try output(plan)
    #expect((weights != nil) == (convolution == .blas))
    #expect(try output(plan) == first)
  }

  @Test(arguments: ConvolutionMethod.allCases)
  func packedAheadTheyGiveTheSame(_ convolution: ConvolutionMethod) throws {
    let expected = try output(Plan(resolved(weights: Memory(), convolution: convolution)))
    var memory: Memory? = Memory()
    weak let weights = memory
    var resolved: ResolvedGraph? = try resolved(weights: memory!, convolution: convolution)
    let plan = try Plan(resolved!)
    memory = nil
    resolved!.packWeights(on: ThreadTeam(threadCount: 2))
    resolved = nil
    // Packed for the plan as well, which applies the activation in passing.
    #expect((weights != nil) == (convolution == .blas))
    #expect(try output(plan) == expected)
  }
}
