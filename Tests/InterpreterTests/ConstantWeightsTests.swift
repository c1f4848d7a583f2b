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

  private func plan(weights memory: Memory, convolution: ConvolutionMethod) throws -> Plan {
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
    return try Plan(
      ResolvedGraph(
        model, inputs: ["x": .init(.float32, Self.shape)], convolution: convolution))
  }

  @Test(
    "let go of once they are packed, but by BLAS, which reads them as they are",
    arguments: ConvolutionMethod.allCases)
  func weightsAreLetGo(_ convolution: ConvolutionMethod) throws {
    var memory: Memory? = Memory()
    weak let weights = memory
    let plan = try plan(weights: memory!, convolution: convolution)
    memory = nil
    #expect(weights != nil)
    let input = Tensor(
      (0..<Self.shape.elementCount).map { Float(cos(Double($0) * 0.3)) }, shape: Self.shape)
    let first = try plan.run(["x": input])["y"]!.elements(of: Float.self)
    #expect((weights != nil) == (convolution == .blas))
    #expect(try plan.run(["x": input])["y"]!.elements(of: Float.self) == first)
  }
}
