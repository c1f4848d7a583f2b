import Foundation
import Interpreter
import ONNXGraph
import Tensors
import TestSupport
import Testing

/// Graphs rewritten to compute in float64.
struct Float64Tests {
  private func run(_ model: Model, _ input: Tensor) throws -> [String: Tensor] {
    let name = model.graph.inputs[0].name
    let resolved = try ResolvedGraph(model, inputs: [name: .init(input.elementType, input.shape)])
    return try Plan(resolved).run([name: input])
  }

  private func model(_ nodes: [Node], constants: [String: Tensor] = [:], output: String) -> Model {
    Model(
      opsets: ["": 13],
      graph: Graph(
        inputs: [
          ValueInfo(name: "x", elementType: .float32, dimensions: [.named("n"), .named("k")])
        ],
        outputs: [ValueInfo(name: output, elementType: .float32)], initializers: constants,
        nodes: nodes))
  }

  /// A sum whose terms float32 cannot hold side by side, then what follows a convolution.
  @Test func sumsAndFunctionsAreFloat64() throws {
    let x: [Float] = [1e8, 1, -1e8, 0.1]
    let weights: [Float] = [1, 0.1, 1, 3]
    let model = model(
      [
        Node(operatorType: "MatMul", inputs: ["x", "w"], outputs: ["sum"]),
        Node(operatorType: "Sigmoid", inputs: ["sum"], outputs: ["gate"]),
        Node(operatorType: "Mul", inputs: ["sum", "gate"], outputs: ["silu"]),
        Node(
          operatorType: "Constant", inputs: [], outputs: ["third"],
          attributes: ["value_float": .float(1 / 3)]),
        Node(operatorType: "Pow", inputs: ["silu", "third"], outputs: ["y"]),
      ], constants: ["w": Tensor(weights, shape: [4, 1])], output: "y")
    let sum = zip(x, weights).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let expected = pow(sum / (1 + exp(-sum)), Double(Float(1.0 / 3)))
    let found = try run(model.inFloat64(), Tensor(x, shape: [1, 4]))["y"]!
    #expect(found.elementType == .float64)
    #expect(abs(found.elements(of: Double.self)[0] - expected) < 1e-15)
    let float32 = try run(model, Tensor(x, shape: [1, 4]))["y"]!.elements(of: Float.self)[0]
    #expect(abs(Double(float32) - expected) > 1e-9)
  }

  @Test func convolutionsAreThePlainSum() throws {
    let x = (0..<2 * 5 * 6).map { Float(sin(Double($0))) }
    let weights = (0..<3 * 2 * 3 * 3).map { Float(cos(Double($0) * 1.7)) }
    let bias: [Float] = [0.1, -0.2, 0.3]
    let model = Model(
      opsets: ["": 11],
      graph: Graph(
        inputs: [
          ValueInfo(
            name: "x", elementType: .float32, dimensions: [1, 2, 5, 6].map(Dimension.fixed))
        ],
        outputs: [ValueInfo(name: "y")],
        initializers: ["w": Tensor(weights, shape: [3, 2, 3, 3]), "b": Tensor(bias)],
        nodes: [
          Node(
            operatorType: "Conv", inputs: ["x", "w", "b"], outputs: ["y"],
            attributes: ["pads": .ints([1, 1, 1, 1]), "strides": .ints([2, 1])])
        ]))
    let found = try run(model.inFloat64(), Tensor(x, shape: [1, 2, 5, 6]))["y"]!
    #expect(found.shape == [1, 3, 3, 6])
    var worst = 0.0
    for (index, value) in found.elements(of: Double.self).enumerated() {
      let (channel, row, column) = (index / 18, index / 6 % 3, index % 6)
      var sum = Double(bias[channel])
      for c in 0..<2 {
        for i in 0..<3 {
          for j in 0..<3 {
            let (y, x0) = (2 * row + i - 1, column + j - 1)
            guard (0..<5).contains(y), (0..<6).contains(x0) else { continue }
            sum +=
              Double(x[(c * 5 + y) * 6 + x0]) * Double(weights[((channel * 2 + c) * 3 + i) * 3 + j])
          }
        }
      }
      worst = max(worst, abs(sum - value))
    }
    #expect(worst < 1e-14)
  }

  /// Types that a graph names are widened too: casts, constants, factors of a resize.
  @Test func namedTypesAreWidened() throws {
    let model = model(
      [
        Node(operatorType: "Shape", inputs: ["x"], outputs: ["shape"]),
        Node(
          operatorType: "Cast", inputs: ["shape"], outputs: ["sizes"],
          attributes: ["to": .int(1)]),
        Node(operatorType: "Div", inputs: ["sizes", "sizes"], outputs: ["ones"]),
        Node(operatorType: "Mul", inputs: ["ones", "two"], outputs: ["scales"]),
        Node(operatorType: "ConstantOfShape", inputs: ["shape"], outputs: ["zeros"]),
        Node(
          operatorType: "Constant", inputs: [], outputs: ["tenth"],
          attributes: ["value": .tensor(Tensor(scalar: Float(0.1)))]),
        Node(operatorType: "Add", inputs: ["zeros", "tenth"], outputs: ["tenths"]),
        Node(operatorType: "Add", inputs: ["x", "tenths"], outputs: ["moved"]),
        Node(
          operatorType: "Cast", inputs: ["moved"], outputs: ["half"], attributes: ["to": .int(10)]),
        Node(operatorType: "Resize", inputs: ["half", "", "scales"], outputs: ["y"]),
      ], constants: ["two": Tensor(scalar: Float(2))], output: "y")
    let found = try run(model.inFloat64(), Tensor([0.3, 0.7] as [Float], shape: [1, 2]))["y"]!
    let row = [Float(0.3), 0.3, 0.7, 0.7].map { Double($0) + Double(Float(0.1)) }
    #expect(found == Tensor(row + row, shape: [2, 4]))
  }

  /// Four rows of YOLOv5n on bus.jpg as ONNX's reference evaluator (onnx 1.22, numpy) computes them
  /// with all weights and the input widened to float64.
  @Test(RealModels.condition)
  func `the real network is the reference evaluator's`() throws {
    let model = try RealModels.model("models/yolov5n_original.onnx").inFloat64()
    let output = try run(model, RealModels.prepared("bus", size: "640x640"))["output"]!
    let values = output.elements(of: Double.self)
    for (row, expected) in Self.goldenRows {
      for (column, value) in expected.enumerated() {
        #expect(abs(values[row * 85 + column] - value) < 1e-10, "row \(row), column \(column)")
      }
    }
  }

  private static let goldenRows: [Int: [Double]] = [
    24227: [
      248.52348422852486, 376.51728441239715, 76.67338528403191, 269.7298884799921,
      0.8408890598452518,
    ],
    24224: [
      157.4007684408777, 380.65647905118743, 92.42397012865071, 296.4416545009914,
      0.822502835141788,
    ],
    0: [
      2.6642946705243427, 2.2774918007524034, 9.367835912779919, 6.434501247428836,
      6.6114057503447295e-06,
    ],
    25199: [
      622.2819206513029, 628.9721903481988, 176.889771980359, 214.72921911672745,
      8.292471806505367e-07,
    ],
  ]
}
