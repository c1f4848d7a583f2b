import Tensors

private enum BlockOrder: String, CaseIterable {
  case depthFirst = "DCR"
  case columnsFirst = "CRD"
}

extension NodeReader {
  /// The input's sizes `[N, C, H, W]` and the attribute `blocksize`.
  fileprivate mutating func blocks() throws -> (sizes: (Int, Int, Int, Int), block: Int) {
    try expectInputs(1...1)
    let operand = try operand(0)
    try operand.expectRank(4, as: "input 0", "[N,C,H,W]")
    guard let block = try int("blocksize") else {
      throw OperatorError("attribute blocksize is missing")
    }
    guard (1..<1 << 16).contains(block) else {
      throw OperatorError("attribute blocksize is \(block), expected 1 or more")
    }
    let shape = operand.shape
    return ((shape[0], shape[1], shape[2], shape[3]), block)
  }
}

/// `DepthToSpace`: `[N, C, H, W]` to `[N, C / b², H b, W b]`, the channels of a place becoming a block;
/// their order is `mode` (opset 11): `DCR` by default, where the place in the block comes first.
enum DepthToSpace: Operator {
  static let type = "DepthToSpace"
  static let rearranges = true
  static let revisions = [Revision(11, attributes: "mode")]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let ((batch, channels, height, width), block) = try node.blocks()
    let order =
      node.opset >= 11 ? try node.choice("mode", default: BlockOrder.depthFirst) : .depthFirst
    guard channels % (block * block) == 0 else {
      throw OperatorError(
        "\(channels) channels with blocksize \(block), expected a multiple of \(block * block)")
    }
    let depth = channels / (block * block)
    let map = height * width
    let (inChannel, inRow, inColumn) =
      order == .depthFirst
      ? (map, block * depth * map, depth * map) : (block * block * map, block * map, map)
    return try .copying(
      node.operand(0),
      to: Shape(validating: [batch, depth, height * block, width * block]),
      dimensions: [batch, depth, height, block, width, block],
      strides: [channels * map, inChannel, width, inRow, 1, inColumn])
  }
}

/// `SpaceToDepth`: `[N, C, H, W]` to `[N, C b², H / b, W / b]`, each block becoming the channels of a
/// place, the place in the block first.
enum SpaceToDepth: Operator {
  static let type = "SpaceToDepth"
  static let rearranges = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let ((batch, channels, height, width), block) = try node.blocks()
    guard height % block == 0, width % block == 0 else {
      throw OperatorError(
        "a map of \(height)x\(width) with blocksize \(block), expected multiples of it")
    }
    let map = height * width
    return try .copying(
      node.operand(0),
      to: Shape(
        validating: [batch, channels * block * block, height / block, width / block]),
      dimensions: [batch, block, block, channels, height / block, width / block],
      strides: [channels * map, width, 1, map, block * width, block])
  }
}
